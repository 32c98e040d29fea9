/* The double's Bybit part: v5 public. After a restart of the service, `u` begins at 1 with a snapshot. */
import { doubleCandles } from './double-candles.ts';
import type { DoubleFrame, DoubleMarket, DoubleTrade } from './double-market.ts';
import { type Change, type Pair, ScriptDouble } from './double-script.ts';
import type { DoubleSpeech } from './double-venue.ts';

export class BybitDouble extends ScriptDouble {
  #u = 3_734_358;
  #seq = 2_189_232_157;
  #bests = 1_980_704;

  renumber(): void {
    this.#u = 0;
  }

  snapshot(): string {
    return this.#text('snapshot', this.truth.sorted('bids'), this.truth.sorted('asks'));
  }

  protected delta({ bids, asks }: Change): readonly DoubleFrame[] {
    this.#u++;
    this.#seq += 3;
    const text = this.#u === 1 ? this.snapshot() : this.#text('delta', bids, asks);
    const delta = { stream: `orderbook.50.${this.id}`, text };
    const best = { stream: `orderbook.1.${this.id}`, text: this.best() };
    // Either may be first.
    return this.#u % 2 === 0 ? [best, delta] : [delta, best];
  }

  /** Numbered on its own; `seq` is that of the deeper book. */
  best(): string {
    const level = (side: 'bids' | 'asks'): readonly Pair[] => this.truth.sorted(side).slice(0, 1);
    return this.#text('snapshot', level('bids'), level('asks'), 1);
  }

  protected traded({ id, time, price, size, isBuyerMaker }: DoubleTrade): readonly DoubleFrame[] {
    const topic = `publicTrade.${this.id}`;
    const side = isBuyerMaker ? 'Sell' : 'Buy';
    const rest = { S: side, seq: this.#seq, s: this.id, BT: false, RPI: false };
    const data = [{ i: keyOf(id), T: time, p: price, v: size, ...rest }];
    const text = JSON.stringify({ topic, ts: time + 36, type: 'snapshot', data });
    return [{ stream: topic, text }];
  }

  #text(type: string, b: readonly Pair[], a: readonly Pair[], depth = 50): string {
    const u = depth === 1 ? ++this.#bests : this.#u;
    const data = { s: this.id, b, a, u, seq: this.#seq };
    const topic = `orderbook.${depth}.${this.id}`;
    return JSON.stringify({ topic, ts: this.eventTime, type, data, cts: this.eventTime - 40 });
  }
}

/** Names, not numbers: nothing shows which trade follows. */
function keyOf(id: number): string {
  return `20f43950-d8dd-5b31-9112-${String((id * 7_919) % 1_000_000).padStart(12, '0')}`;
}

export function bybitTalk(category: string): Pick<DoubleSpeech<DoubleMarket>, 'isPath' | 'hear'> {
  return {
    isPath: (path) => path === `/v5/public/${category}`,
    hear(text, _, markets) {
      const {
        op,
        args = [],
        req_id,
      } = JSON.parse(text) as {
        op: string;
        args?: string[];
        req_id?: string;
      };
      const said = (success: boolean, ret_msg: string): string =>
        JSON.stringify({ success, ret_msg, conn_id: 'd967ikkn0ine3iqmjc30', req_id, op });
      if (op === 'ping') return { answers: [said(true, 'pong')], add: [], remove: [] };
      const wrong = args.filter((topic) => !markets.has(topic.split('.').at(-1) ?? ''));
      if (wrong.length > 0 || (category === 'spot' && args.length > 10)) {
        const answer = said(false, `Invalid symbol :[${wrong.join()}]`);
        return { answers: [answer], add: [], remove: [] };
      }
      return {
        answers: [said(true, op)],
        add: op === 'subscribe' ? args : [],
        remove: op === 'unsubscribe' ? args : [],
      };
    },
  };
}

export function bybitSpeech(category: string): DoubleSpeech<BybitDouble> {
  const rest = (result: object): string =>
    JSON.stringify({ retCode: 0, retMsg: 'OK', result: { category, ...result } });
  return {
    ...bybitTalk(category),
    first(stream, markets) {
      const market = markets.get(stream.split('.').at(-1) ?? '');
      if (market === undefined || !stream.startsWith('orderbook')) return [];
      return [stream.startsWith('orderbook.1.') ? market.best() : market.snapshot()];
    },
    rest(url, markets) {
      const symbol = url.searchParams.get('symbol') ?? '';
      const market = markets.get(symbol);
      if (url.pathname === '/v5/market/instruments-info') {
        const lots =
          category === 'spot' ? { basePrecision: '0.00000001' } : { qtyStep: '0.00000001' };
        const steps = { priceFilter: { tickSize: '0.10' }, lotSizeFilter: lots };
        const list = [...markets.keys()].map((each) => ({
          ...{ symbol: each, status: 'Trading', ...steps },
          ...{ baseCoin: each.slice(0, 3), quoteCoin: each.slice(3) },
        }));
        return rest({ list });
      }
      if (url.pathname === '/v5/market/kline' && market !== undefined)
        return rest({ symbol, category, list: klinesOf(market, url) });
      if (url.pathname !== '/v5/market/recent-trade' || market === undefined) return undefined;
      const list = market.trades
        .slice(-Number(url.searchParams.get('limit')))
        .toReversed()
        .map(({ id, time, price, size, isBuyerMaker }) => ({
          ...{ execId: keyOf(id), symbol, price, size, time: String(time), isBlockTrade: false },
          side: isBuyerMaker ? 'Sell' : 'Buy',
        }));
      return rest({ list });
    },
  };
}

/** The newest of the span, newest first. */
function klinesOf({ eventTime }: BybitDouble, url: URL): readonly (readonly string[])[] {
  const [start, end, minutes, limit] = ['start', 'end', 'interval', 'limit'].map((name) =>
    Number(url.searchParams.get(name)),
  ) as [number, number, number, number];
  return doubleCandles(minutes * 60_000, eventTime, start, end)
    .slice(-limit)
    .toReversed()
    .map(({ openTime, open, high, low, close, volume }) => [
      ...[String(openTime), open, high, low, close, volume, '0'],
    ]);
}
