/* The double's Deribit part: JSON-RPC over v2. Some numbers have an exponent. */
import { doubleCandles } from './double-candles.ts';
import type { DoubleFrame, DoubleMarket, DoubleTrade } from './double-market.ts';
import { type Change, type Pair, ScriptDouble } from './double-script.ts';
import type { DoubleSpeech } from './double-venue.ts';

export class DeribitDouble extends ScriptDouble {
  #id = 31_479_219_781;

  renumber(): void {
    this.#id -= 30_000_000_000;
  }

  snapshot(): string {
    const rows = (side: readonly Pair[]): string => side.map((pair) => row('new', pair)).join();
    const levels = `"bids":[${rows(this.truth.sorted('bids'))}],"asks":[${rows(this.truth.sorted('asks'))}]`;
    return this.#text(`"type":"snapshot",${levels}`);
  }

  protected delta({ bids, asks, isNew }: Change): readonly DoubleFrame[] {
    const before = this.#id;
    this.#id += 1 + (before % 90);
    const rows = (name: 'bids' | 'asks', side: readonly Pair[]): string =>
      side
        .map((pair) =>
          row(pair[1] === '0' ? 'delete' : isNew(name, pair[0]) ? 'new' : 'change', pair),
        )
        .join();
    const levels = `"bids":[${rows('bids', bids)}],"asks":[${rows('asks', asks)}]`;
    const text = this.#text(`"type":"change","prev_change_id":${before},${levels}`);
    return [{ stream: `book.${this.id}.100ms`, text }];
  }

  protected traded(trade: DoubleTrade): readonly DoubleFrame[] {
    const channel = `trades.${this.id}.100ms`;
    return [{ stream: channel, text: notice(channel, `[${this.tradeText(trade)}]`) }];
  }

  tradeText({ id, time, price, size, isBuyerMaker }: DoubleTrade): string {
    return `{"trade_seq":${id},"trade_id":"1374${id}","timestamp":${time},"tick_direction":0,"price":${price},"instrument_name":"${this.id}","direction":"${isBuyerMaker ? 'sell' : 'buy'}","amount":${size}}`;
  }

  #text(rest: string): string {
    const head = `"timestamp":${this.eventTime},"instrument_name":"${this.id}","change_id":${this.#id}`;
    return notice(`book.${this.id}.100ms`, `{${head},${rest}}`);
  }
}

/** Every size with an exponent. */
function row(action: string, [price, size]: Pair): string {
  return `["${action}",${price},${Number(size).toExponential()}]`;
}

function notice(channel: string, data: string): string {
  return `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"${channel}","data":${data}}}`;
}

export const deribitTalk: Pick<DoubleSpeech<DoubleMarket>, 'isPath' | 'hear' | 'ignoresRepeats'> = {
  isPath: (path) => path === '/ws/api/v2',
  ignoresRepeats: true,
  hear(text, _, markets) {
    const { id, method, params } = JSON.parse(text) as {
      id: number;
      method: string;
      params: { channels?: string[] };
    };
    const channels = (params.channels ?? []).filter(
      (channel) => channel === 'platform_state' || markets.has(channel.split('.')[1] ?? ''),
    );
    const result = params.channels === undefined ? 'ok' : channels;
    return {
      answers: [JSON.stringify({ jsonrpc: '2.0', id, result, usIn: 1, usOut: 2, usDiff: 1 })],
      add: method === 'public/subscribe' ? channels : [],
      remove: method === 'public/unsubscribe' ? channels : [],
    };
  },
};

export const deribitSpeech: DoubleSpeech<DeribitDouble> = {
  ...deribitTalk,
  first(stream, markets) {
    const [kind, id = ''] = stream.split('.');
    const market = kind === 'book' ? markets.get(id) : undefined;
    return market === undefined ? [] : [market.snapshot()];
  },
  rest(url, markets) {
    if (url.pathname === '/api/v2/public/get_instruments') {
      const rows = [...markets.keys()].map(
        (id) =>
          `{"instrument_name":"${id}","tick_size":0.5,"tick_size_steps":[{"above_price":1e2,"tick_size":1e-1}],"min_trade_amount":1e1,"contract_size":1.0e-8,"is_active":true,"state":"open","base_currency":"BTC","quote_currency":"USD"}`,
      );
      return `{"jsonrpc":"2.0","result":[${rows.join()}]}`;
    }
    const market = markets.get(url.searchParams.get('instrument_name') ?? '');
    if (url.pathname === '/api/v2/public/get_tradingview_chart_data' && market !== undefined)
      return chartOf(market, url);
    if (url.pathname !== '/api/v2/public/get_last_trades_by_instrument' || market === undefined)
      return undefined;
    const [from, to, count] = ['start_seq', 'end_seq', 'count'].map((name) =>
      Number(url.searchParams.get(name)),
    ) as [number, number, number];
    const rows = market.trades.filter(({ id }) => id >= from && id <= to).slice(0, count);
    const trades = rows.map((trade) => market.tradeText(trade)).join();
    return `{"jsonrpc":"2.0","result":{"trades":[${trades}],"has_more":false}}`;
  },
};

/** Of a longer span, the end. Inverse contracts have what was traded in USD in `cost`, others in base coins in `volume`. */
function chartOf({ id, eventTime }: DeribitDouble, url: URL): string {
  const [from, to, minutes] = ['start_timestamp', 'end_timestamp', 'resolution'].map((name) =>
    Number(url.searchParams.get(name)),
  ) as [number, number, number];
  const candles = doubleCandles(minutes * 60_000, eventTime, from, to).slice(-5_001);
  const list = (of: (candle: (typeof candles)[number]) => string): string =>
    `[${candles.map(of).join()}]`;
  const traded = list(({ volume }) => Number(volume).toExponential());
  const other = list(() => '0.00012345');
  const [cost, volume] = id.includes('_') ? [other, traded] : [traded, other];
  const prices = (['open', 'low', 'high', 'close'] as const)
    .map((name) => `"${name}":${list((candle) => candle[name])}`)
    .join();
  return `{"jsonrpc":"2.0","result":{"volume":${volume},"ticks":${list(({ openTime }) => String(openTime))},"status":"ok",${prices},"cost":${cost}},"usIn":1,"usOut":2,"usDiff":1}`;
}
