/* The double's Bitstamp part: deltas without a sequence, and a book by REST that is a second behind them. */
import type { EpochMs } from '@tapedeck/market/number/level';

import { doubleCandles } from './double-candles.ts';
import type { DoubleFrame, DoubleMarket, DoubleTrade } from './double-market.ts';
import { type Change, type Pair, ScriptDouble } from './double-script.ts';
import type { DoubleSpeech } from './double-venue.ts';

const BEHIND_MS = 1_000;
const KEPT = 200;

type Past = {
  readonly micros: number;
  readonly bids: readonly Pair[];
  readonly asks: readonly Pair[];
};

export class BitstampDouble extends ScriptDouble {
  readonly #past: Past[] = [];
  /** No two deltas have the same. */
  #micros = 0;

  /** Its times go on. */
  renumber(): void {}

  /** The book as it was a second before the last delta. */
  book(): string {
    const past = this.#past.findLast(
      ({ micros }) => micros <= (this.eventTime - BEHIND_MS) * 1_000,
    );
    return JSON.stringify(past === undefined ? {} : this.#body(past.micros, past.bids, past.asks));
  }

  /** Its list of trades has whole seconds. */
  protected override tradeTime(): EpochMs {
    return this.eventTime - (this.eventTime % 1_000);
  }

  protected delta({ bids, asks }: Change): readonly DoubleFrame[] {
    const { truth } = this;
    const micros = Math.max(this.eventTime * 1_000, this.#micros + 1);
    this.#micros = micros;
    this.#past.push({ micros, bids: truth.sorted('bids'), asks: truth.sorted('asks') });
    if (this.#past.length > KEPT) this.#past.shift();
    return [this.#frame('diff_order_book', 'data', this.#body(micros, bids, asks))];
  }

  protected traded({ id, time, price, size, isBuyerMaker }: DoubleTrade): readonly DoubleFrame[] {
    const texts = {
      amount: Number(size),
      amount_str: size,
      price: Number(price),
      price_str: price,
    };
    const times = { timestamp: String(Math.floor(time / 1_000)), microtimestamp: `${time}000` };
    const orders = { buy_order_id: 1_341_285_759_094_784, sell_order_id: 1_341_285_698_236_416 };
    const type = isBuyerMaker ? 1 : 0;
    return [this.#frame('live_trades', 'trade', { id, ...texts, ...times, ...orders, type })];
  }

  #body(micros: number, bids: readonly Pair[], asks: readonly Pair[]): object {
    const timestamp = String(Math.floor(micros / 1e6));
    return { timestamp, microtimestamp: String(micros), bids, asks };
  }

  #frame(name: string, event: string, data: object): DoubleFrame {
    const channel = `${name}_${this.id}`;
    return { stream: channel, text: JSON.stringify({ data, channel, event }) };
  }
}

export const bitstampTalk: Pick<DoubleSpeech<DoubleMarket>, 'isPath' | 'hear'> = {
  isPath: (path) => path === '/',
  hear(text) {
    const { event, data } = JSON.parse(text) as { event: string; data?: { channel: string } };
    const channel = data?.channel ?? '';
    const answer = event === 'bts:heartbeat' ? { status: 'success' } : {};
    const name =
      event === 'bts:heartbeat' ? event : `${event.replace('scribe', 'scription')}_succeeded`;
    return {
      answers: [JSON.stringify({ event: name, channel, data: answer })],
      add: event === 'bts:subscribe' ? [channel] : [],
      remove: event === 'bts:unsubscribe' ? [channel] : [],
    };
  },
};

export const bitstampSpeech: DoubleSpeech<BitstampDouble> = {
  ...bitstampTalk,
  first: () => [],
  rest(url, markets) {
    if (url.pathname === '/api/v2/trading-pairs-info/')
      return JSON.stringify(
        [...markets.keys()].map((id) => ({
          ...{ name: `${id.slice(0, 3)}/${id.slice(3)}`.toUpperCase(), url_symbol: id },
          ...{ base_decimals: 8, counter_decimals: 2, trading: 'Enabled' },
        })),
      );
    const [, what, id = ''] =
      /^\/api\/v2\/(order_book|transactions|ohlc)\/([a-z]+)\/$/.exec(url.pathname) ?? [];
    const market = markets.get(id);
    if (market === undefined) return undefined;
    if (what === 'order_book') return market.book();
    if (what === 'ohlc') return ohlcOf(market, url);
    const reachMs =
      { minute: 60_000, hour: 3_600_000 }[url.searchParams.get('time') ?? ''] ?? Infinity;
    const rows = market.trades
      .filter(({ time }) => time > market.eventTime - reachMs)
      .toReversed()
      .map(({ id: tid, time, price, size, isBuyerMaker }) => ({
        ...{ date: String(Math.floor(time / 1_000)), tid: String(tid), price, amount: size },
        type: isBuyerMaker ? '1' : '0',
      }));
    return JSON.stringify(rows);
  },
};

/** The last ones up to `end`, or up to now; oldest first. */
function ohlcOf({ id, eventTime }: BitstampDouble, url: URL): string {
  const [step, limit] = ['step', 'limit'].map((name) => Number(url.searchParams.get(name))) as [
    number,
    number,
  ];
  const end = url.searchParams.get('end');
  const to = end === null ? eventTime : Number(end) * 1_000;
  const ohlc = doubleCandles(step * 1_000, eventTime, to - limit * step * 1_000, to)
    .slice(-Math.min(limit, 1_000))
    .map(({ openTime, open, high, low, close, volume }) => ({
      ...{ close, high, low, open, timestamp: String(openTime / 1_000), volume },
    }));
  return JSON.stringify({ data: { ohlc, pair: id } });
}
