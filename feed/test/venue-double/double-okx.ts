/* The double's OKX part: v5 public. Ids jump, some updates are empty, and some have a checksum. */
import { okxChecksum } from '@tapedeck/market/book/venue-checksum';

import { doubleCandles } from './double-candles.ts';
import type { DoubleFrame, DoubleMarket, DoubleTrade } from './double-market.ts';
import { type Change, type Pair, ScriptDouble } from './double-script.ts';
import type { DoubleSpeech } from './double-venue.ts';

type Arg = { readonly channel: string; readonly instId: string };

export class OkxDouble extends ScriptDouble {
  #seqId = 78_677_952_608;
  #count = 0;

  renumber(): void {
    this.renumberTrades();
    // After maintenance the next update has a lower id, and still names the one before it.
    const previous = this.#seqId;
    this.#seqId -= 70_000_000_000;
    this.#previous = previous;
  }

  #previous: number | undefined;

  snapshot(): string {
    const levels = (side: 'bids' | 'asks'): readonly Pair[] => this.truth.sorted(side);
    return this.#text('snapshot', levels('bids'), levels('asks'), -1);
  }

  protected delta({ bids, asks }: Change): readonly DoubleFrame[] {
    const previous = this.#previous ?? this.#seqId;
    this.#previous = undefined;
    this.#seqId += 1 + ((++this.#count * 7) % 80);
    const frames = [this.#frame('books', this.#text('update', bids, asks, previous))];
    // Nothing changed for a while: the same id twice.
    if (this.#count % 10 === 0)
      frames.push(this.#frame('books', this.#text('update', [], [], this.#seqId)));
    return frames;
  }

  protected traded(trade: DoubleTrade): readonly DoubleFrame[] {
    const data = [{ ...this.tradeBody(trade), count: '1', seqId: this.#seqId }];
    const arg = { channel: 'trades', instId: this.id };
    return [this.#frame('trades', JSON.stringify({ arg, data }))];
  }

  tradeBody({ id, time, price, size, isBuyerMaker }: DoubleTrade): object {
    const side = isBuyerMaker ? 'sell' : 'buy';
    return { instId: this.id, tradeId: String(id), px: price, sz: size, side, ts: String(time) };
  }

  #frame(channel: string, text: string): DoubleFrame {
    return { stream: `${channel} ${this.id}`, text };
  }

  #text(action: string, bids: readonly Pair[], asks: readonly Pair[], prevSeqId: number): string {
    const rows = (side: readonly Pair[]): readonly string[][] =>
      side.map(([price, size]) => [price, size, '0', size === '0' ? '0' : '1']);
    const checksum =
      this.#count % 4 === 0 ? okxChecksum(this.truth.sorted('asks'), this.truth.sorted('bids')) : 0;
    const ids = { checksum, seqId: this.#seqId, prevSeqId };
    const data = [{ asks: rows(asks), bids: rows(bids), ts: String(this.eventTime), ...ids }];
    return JSON.stringify({ arg: { channel: 'books', instId: this.id }, action, data });
  }
}

export const okxTalk: Pick<DoubleSpeech<DoubleMarket>, 'isPath' | 'hear'> = {
  isPath: (path) => path === '/ws/v5/public',
  hear(text, _, markets) {
    if (text === 'ping') return { answers: ['pong'], add: [], remove: [] };
    const { op, args } = JSON.parse(text) as { op: string; args: Arg[] };
    const known = args.filter(({ instId }) => markets.has(instId));
    const names = known.map(({ channel, instId }) => `${channel} ${instId}`);
    const answers = args.map((arg) =>
      JSON.stringify(
        markets.has(arg.instId)
          ? { event: op, arg, connId: 'a4d3ae55' }
          : {
              event: 'error',
              code: '60018',
              msg: `Wrong URL or channel:${arg.channel},instId:${arg.instId} doesn't exist. Please use the correct URL, channel and parameters referring to API document.`,
              connId: 'a4d3ae55',
            },
      ),
    );
    return {
      answers,
      add: op === 'subscribe' ? names : [],
      remove: op === 'unsubscribe' ? names : [],
    };
  },
};

export const okxSpeech: DoubleSpeech<OkxDouble> = {
  ...okxTalk,
  first(stream, markets) {
    const [channel, id = ''] = stream.split(' ');
    const market = markets.get(id);
    return market === undefined || channel !== 'books' ? [] : [market.snapshot()];
  },
  rest(url, markets) {
    const id = url.searchParams.get('instId') ?? '';
    const market = markets.get(id);
    if (url.pathname === '/api/v5/public/instruments') {
      const steps = { tickSz: '0.1', lotSz: '0.00000001', state: 'live', instType: 'SPOT' };
      return JSON.stringify({
        code: '0',
        msg: '',
        data: [...markets.keys()].map((instId) => {
          const [baseCcy, quoteCcy] = instId.split('-');
          return { instId, baseCcy, quoteCcy, ...steps };
        }),
      });
    }
    if (url.pathname === '/api/v5/market/history-candles' && market !== undefined)
      return JSON.stringify({ code: '0', msg: '', data: candlesOf(market, url) });
    if (url.pathname !== '/api/v5/market/history-trades' || market === undefined) return undefined;
    const below = Number(url.searchParams.get('after'));
    const rows = market.trades
      .filter((trade) => trade.id < below)
      .slice(-Number(url.searchParams.get('limit')))
      .toReversed();
    return JSON.stringify({ code: '0', msg: '', data: rows.map((row) => market.tradeBody(row)) });
  },
};

/** The newest between the bounds, newest first, the forming one too. */
function candlesOf({ eventTime }: OkxDouble, url: URL): readonly (readonly string[])[] {
  const [before, after, limit] = ['before', 'after', 'limit'].map((name) =>
    Number(url.searchParams.get(name)),
  ) as [number, number, number];
  const length = url.searchParams.get('bar') === '1H' ? 3_600_000 : 60_000;
  const rows = doubleCandles(length, eventTime, before + 1, after - 1);
  return rows
    .slice(-Math.min(limit, 300))
    .toReversed()
    .map(({ openTime, open, high, low, close, volume }) => [
      ...[String(openTime), open, high, low, close, volume, '0', '0'],
      openTime + length > eventTime ? '0' : '1',
    ]);
}
