/* What each format means, and what else a file may have besides good rows, on excerpts of a few lines. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { auditSession } from '@tapedeck/db/check/session-audit';
import type { History } from '@tapedeck/db/history';

import type { ImportResult } from '../../src/import/session/import-result.ts';
import type { ImportOptions } from '../../src/import/session/recording-import.ts';
import { TestImport } from './test-import.ts';

let rig: TestImport;
let history: History;
beforeEach(() => {
  rig = new TestImport();
  history = rig.history;
});
afterEach(() => rig.close());

function importFiles(
  contents: Readonly<Record<string, readonly string[]>>,
  options: Partial<ImportOptions> = {},
): Promise<ImportResult> {
  const files = Object.entries(contents).map(([name, lines]) => rig.file(name, lines));
  return rig.of(files, options);
}

const T = 1_700_000_000;
const HEADER = 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount';
const row = (us: number, snapshot: boolean, side: string, price: string, amount: string): string =>
  `okex,BTC-USDT,${T * 1e6 + us},${T * 1e6 + us + 20},${snapshot},${side},${price},${amount}`;
const TARDIS = [
  HEADER,
  row(0, true, 'bid', '100.5', '2'),
  row(0, true, 'ask', '101', '3'),
  row(5_000, false, 'bid', '100.5', '0'),
  row(5_000, false, 'bid', '100', '1.25'),
  row(9_000, false, 'ask', '100.75', '4'),
];

describe('Tardis CSV', () => {
  test('rows of one message are one change, and the venue gets its name here', async () => {
    const { session, symbol, messages } = await importFiles({ 'book.csv': TARDIS });
    expect(symbol).toBe('BTC-USDT@okx');
    expect(messages).toMatchObject({ snapshot: 1, depth: 2 });
    expect(history.instruments.get(symbol, session)).toMatchObject({
      base: 'BTC',
      quote: 'USDT',
      tickSize: '0.01',
      lotSize: '0.01',
    });
    const book = history.books.at(symbol, T * 1_000 + 10, session)?.book;
    expect(book).toMatchObject({
      bids: [[10_000, 125]],
      asks: [
        [10_075, 400],
        [10_100, 300],
      ],
    });
  });

  test('BOM, CRLF, no header, other column order and times in ms, us and ns', async () => {
    const expected = await importFiles({ 'book.csv': TARDIS });
    const wanted = history.books.at(expected.symbol, T * 1_000 + 10, expected.session)?.book;
    const variants = [
      `\u{feff}${TARDIS.join('\r\n')}\r\n`.split('\n'),
      TARDIS.slice(1),
      TARDIS.map((line) => line.split(',').toReversed().join(',')),
      TARDIS.map((line) => line.replaceAll(/,(\d{13})\d{3}(?=,)/g, ',$1')),
      TARDIS.map((line) => line.replaceAll(/,(\d{16})(?=,)/g, ',$1000')),
    ];
    for (const lines of variants) {
      const { session, symbol, problemCounts } = await importFiles({ 'book.csv': lines });
      expect(problemCounts).toEqual({});
      const book = history.books.at(symbol, T * 1_000 + 10, session)?.book;
      expect([book?.bids, book?.asks]).toEqual([wanted?.bids, wanted?.asks]);
    }
  });

  test.each([
    [
      'a row with too few columns',
      'okex,BTC-USDT,1700000000006000',
      { 'bad-line': 1, 'book-gap': 1 },
    ],
    [
      'a price that is not a number',
      row(6_000, false, 'bid', 'NaN', '1'),
      { 'bad-line': 1, 'book-gap': 1 },
    ],
    ['a negative amount', row(6_000, false, 'bid', '99', '-1'), { 'bad-line': 1, 'book-gap': 1 }],
    ['an invalid side', row(6_000, false, 'both', '99', '1'), { 'bad-line': 1, 'book-gap': 1 }],
  ])(
    '%s is reported with its line and skipped, or refused by --strict',
    async (_, bad, problems) => {
      const lines = [...TARDIS.slice(0, 5), bad, ...TARDIS.slice(5)];
      const result = await importFiles({ 'book.csv': lines });
      expect(result.problemCounts).toEqual(problems);
      expect(result.problems[0]).toMatchObject({ file: 'book.csv', line: 6 });
      const strict = importFiles({ 'book.csv': [...lines, ''] }, { strict: true });
      await expect(strict).rejects.toThrow(/book\.csv:6: bad-line.*refused by --strict/);
    },
  );

  test('another snapshot is a hole, unless it equals the book', async () => {
    const same = [row(9_500, true, 'bid', '100', '1.25'), row(9_500, true, 'ask', '100.75', '4')];
    const rest = row(9_500, true, 'ask', '101', '3');
    const change = row(12_000, false, 'bid', '100', '2');
    const whole = await importFiles({ 'book.csv': [...TARDIS, ...same, rest, change] });
    expect(whole.problemCounts).toEqual({});
    const broken = await importFiles({ 'book.csv': [...TARDIS, ...same, change] });
    expect(broken.problemCounts).toEqual({ 'book-gap': 1 });
    expect(history.sessions.get(broken.session)?.gaps).toMatchObject([{ reason: 'upstream-gap' }]);
  });
});

const binance = (id: number, ms: number, maker: boolean): string =>
  `${id},2683.80,0.5,1341.9,${T * 1_000 + ms},${maker},true`;

describe('Binance public CSV', () => {
  test('trades without header, in ms or us: a resting buyer means that the aggressor sold', async () => {
    const lines = [binance(7, 0, true), binance(8, 1_500, false)];
    const micro = lines.map((line) => line.replace(/,(\d{13}),/, ',$1000,'));
    for (const content of [lines, micro]) {
      const { session, symbol } = await importFiles({ 'ETHUSDT-trades-2024-08-08.csv': content });
      expect(symbol).toBe('ETHUSDT@binance');
      const trades = [...history.trades.inSequence(session, symbol)];
      expect(trades).toMatchObject([
        { eventTime: T * 1_000, priceTicks: 26_838, sizeLots: 5, aggressor: 'sell' },
        { eventTime: T * 1_000 + 1_500, aggressor: 'buy' },
      ]);
    }
  });

  test('a missing trade is a gap, a duplicate is reported', async () => {
    const lines = [binance(7, 0, true), binance(9, 10, true), binance(9, 10, true)];
    const result = await importFiles({ 'ETHUSDT-trades-2024-08-08.csv': lines });
    expect(result.problemCounts).toEqual({ 'trade-gap': 1, duplicate: 1 });
  });

  test('a price of nothing beside a quote of something is no trade: its id is missing', async () => {
    const free = binance(8, 5, true).replace(/^8,[\d.]+,/, '8,0.00,');
    const lines = [binance(7, 0, true), free, binance(9, 10, true)];
    const { messages, problemCounts } = await importFiles({
      'ETHUSDT-trades-2024-08-08.csv': lines,
    });
    expect({ trades: messages.trade, problemCounts }).toEqual({
      trades: 2,
      problemCounts: { 'bad-line': 1, 'trade-gap': 1 },
    });
  });

  test('aggTrades with header', async () => {
    const header =
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker';
    const lines = [header, `5,100.5,2,1,3,${T * 1_000},true`];
    const { messages } = await importFiles({ 'BTCUSDT-aggTrades-2024-08.csv': lines });
    expect(messages.trade).toBe(1);
  });

  test('klines of a minute are candles', async () => {
    const kline = (at: number, ms: number): string =>
      `${T * 1_000 - 20_000 + at},10,12,9,11,100,${T * 1_000 - 20_000 + at + ms - 1},1100,7,60,660,0`;
    const name = 'BTCUSDT-1m-2024-08-08.csv';
    const { session, symbol, messages } = await importFiles({
      [name]: [kline(0, 60_000), kline(60_000, 60_000)],
    });
    expect(messages).toMatchObject({ candle: 2, trade: 0 });
    expect(history.candles.range({ symbol, interval: '1m', limit: 10, session })).toMatchObject([
      { open: 10, high: 12, low: 9, close: 11, volume: 100, buyVolume: 60, trades: 7 },
      { openTime: T * 1_000 + 40_000 },
    ]);
    expect(auditSession(history, session)[0]?.candles).toEqual({ equal: 0, compared: 0 });
  });

  test('klines of days and hours are candles of their own, returned along with what was recorded', async () => {
    const day = 86_400_000;
    const first = Math.floor((T * 1_000) / day) * day;
    const kline = (open: number, ms: number): string =>
      `${open},10,12,9,11,100,${open + ms - 1},1100,7,60,660,0`;
    const { session, symbol, messages } = await importFiles({
      'BTCUSDT-1d-2023.csv': [
        kline(first, day),
        kline(first + day, day),
        kline(first + 2 * day, day),
      ],
    });
    expect(messages).toMatchObject({ candle: 3 });
    const query = { symbol, limit: 10 } as const;
    expect(history.candles.range({ ...query, interval: '1d', session })).toHaveLength(3);
    // They cannot be split.
    expect(history.candles.range({ ...query, interval: '1h' })).toEqual([]);
    // Minutes and hours of the second day: more detailed candles take precedence.
    const minutes = [kline(first + day, 60_000), kline(first + day + 60_000, 60_000)];
    await importFiles({ 'BTCUSDT-1m-2023.csv': minutes });
    await importFiles({ 'BTCUSDT-1h-2023.csv': [kline(first, 3_600_000)] });
    const days = history.candles.range({ ...query, interval: '1d' });
    expect(days.map(({ openTime, volume }) => [openTime - first, volume])).toEqual([
      [0, 100],
      [day, 200],
      [2 * day, 100],
    ]);
    expect(history.candles.range({ ...query, interval: '1h' })).toHaveLength(2);
    const weeks = importFiles({ 'BTCUSDT-1w-2023.csv': [kline(first, 7 * day)] });
    await expect(weeks).rejects.toThrow(/no event of .* could be used.*a candle of 604800000 ms/);
  });

  test('a file that does not name its market needs --symbol', async () => {
    const lines = [binance(7, 0, true)];
    await expect(importFiles({ 'trades.csv': lines })).rejects.toThrow(/name it with --symbol/);
    const result = await importFiles({ 'trades.csv': lines }, { symbol: 'ETHUSDT@binance-usdm' });
    expect(result.symbol).toBe('ETHUSDT@binance-usdm');
  });
});

const LOBSTER = 'AAPL_2012-06-21_34200000_57600000';
const MESSAGES = [
  '34200.004,1,1,10,1000000,1',
  '34200.104,1,2,5,1000100,-1',
  '34200.204,4,2,2,1000100,-1',
];
const ROWS = ['1000200,7,1000000,10', '1000100,5,1000000,10', '1000100,3,1000000,10'];

describe('LOBSTER', () => {
  const names = [`${LOBSTER}_message_1.csv`, `${LOBSTER}_orderbook_1.csv`] as const;

  test('the pair is one session, in New York time, labelled as a view', async () => {
    const result = await importFiles({ [names[0]]: MESSAGES, [names[1]]: ROWS });
    expect(result.messages).toMatchObject({ snapshot: 1, depth: 2, trade: 1, checksumOk: 2 });
    expect(result.problemCounts).toEqual({});
    const session = history.sessions.get(result.session);
    expect(session?.label).toContain('1 levels');
    expect(session?.from).toBe(Date.UTC(2012, 5, 21, 13, 30) + 4);
    const [trade] = history.trades.inSequence(result.session, result.symbol);
    expect(trade).toMatchObject({ priceTicks: 10_001, sizeLots: 2, aggressor: 'buy' });
  });

  test('a row that its message does not explain is reported', async () => {
    const rows = [...ROWS.slice(0, 2), '1000100,4,1000000,10'];
    const result = await importFiles({ [names[0]]: MESSAGES, [names[1]]: rows });
    expect(result.problemCounts).toEqual({ checksum: 1 });
    expect(auditSession(history, result.session)[0]?.checksums).toEqual({ ok: 1, failed: 1 });
  });

  test('one of the two alone is refused', async () => {
    await expect(importFiles({ [names[0]]: MESSAGES })).rejects.toThrow(/are needed, one pair/);
    expect(history.sessions.list()).toEqual([]);
  });
});

describe('recorder dumps', () => {
  const okx = (seq: number, previous: number, price: string, checksum = 0): string =>
    `${T}.${seq}: {"arg":{"channel":"books","instId":"BTC-USDT"},"action":"${previous < 0 ? 'snapshot' : 'update'}","data":[{"asks":[["101","1","0","1"]],"bids":[["${price}","2","0","1"]],"ts":"${T}00${seq}","checksum":${checksum},"seqId":${seq},"prevSeqId":${previous}}]}`;
  const CONNECTED = `wss://ws.okx.com:8443/ws/v5/public <-> ${T}.0`;

  test('OKX since 2026: a checksum of 0 means none, seqId chains', async () => {
    const lines = [CONNECTED, okx(1, -1, '100'), okx(3, 1, '99'), okx(4, 3, '98')];
    const { messages, problemCounts } = await importFiles({ 'OKX.ws.1.0': lines });
    expect(messages).toEqual({ depth: 2, bookTicker: 0, trade: 0, snapshot: 1 });
    expect(problemCounts).toEqual({});
  });

  const bybit = (u: number, type = 'delta'): string =>
    `${T}.${u}: {"topic":"orderbook.50.BTCUSDT","ts":${T}00${u},"type":"${type}","data":{"s":"BTCUSDT","b":[["100","${u}"]],"a":[["101","2"]],"u":${u},"seq":9},"cts":${T}000}`;

  test.each([
    ['spot', 'BTCUSDT@bybit', [bybit(3, 'snapshot'), bybit(4), bybit(5)], {}],
    ['linear', 'BTCUSDT@bybit-linear', [bybit(3, 'snapshot'), bybit(5)], { 'book-gap': 1 }],
    [
      'inverse',
      'BTCUSDT@bybit-inverse',
      [bybit(3, 'snapshot'), bybit(4), bybit(4)],
      { duplicate: 1 },
    ],
  ])(
    'Bybit v5: the address says that it is %s; u chains',
    async (path, symbol, lines, problems) => {
      const connected = `wss://stream.bybit.com/v5/public/${path} <-> ${T}.0`;
      const trade = `${T}.7: {"topic":"publicTrade.BTCUSDT","ts":${T}006,"type":"snapshot","data":[{"i":"a","T":${T}006,"p":"100","v":"1","S":"Sell","s":"BTCUSDT"}]}`;
      const result = await importFiles({ 'BYBIT.ws.1.0': [connected, ...lines, trade] });
      expect(result.problemCounts).toEqual(problems);
      expect(result.messages).toEqual({
        depth: lines.length - 1,
        bookTicker: 0,
        trade: 1,
        snapshot: 1,
      });
      expect(result.symbol).toBe(symbol);
    },
  );

  test('Deribit: changes chain by prev_change_id, and one that is missing is a hole', async () => {
    const book = (id: number, previous?: number): string =>
      `${T}.${id}: {"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.raw","data":{"timestamp":${T}00${id},${previous === undefined ? '' : `"prev_change_id":${previous},`}"instrument_name":"BTC-PERPETUAL","change_id":${id},"bids":[["new",9415.5,7.23e4]],"asks":[["new",9416.0,10.0]]}}}`;
    const lines = [
      `wss://www.deribit.com/ws/api/v2 <-> ${T}.0`,
      `${T}.0: {"jsonrpc":"2.0","id":1,"result":["book.BTC-PERPETUAL.raw"]}`,
      ...[book(1), book(2, 1), book(5, 2), book(7, 6)],
      `${T}.8: {"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.raw","data":[{"trade_seq":9,"timestamp":${T}008,"price":9415.5,"instrument_name":"BTC-PERPETUAL","direction":"sell","amount":10.0}]}}`,
    ];
    const result = await importFiles({ 'DERIBIT.ws.1.0': lines });
    expect(result).toMatchObject({
      symbol: 'BTC-PERPETUAL@deribit',
      problemCounts: { 'book-gap': 1 },
    });
    expect(result.messages).toEqual({ depth: 3, bookTicker: 0, trade: 1, snapshot: 1 });
  });

  test('Bybit before version 5 is refused by name', async () => {
    const lines = [
      `wss://stream.bybit.com/realtime <-> ${T}.0`,
      `${T}.1: {"topic":"trade.BTCUSD"}`,
    ];
    await expect(importFiles({ 'BYBIT.ws.1.0': lines })).rejects.toThrow(
      /Bybit before version 5 .*is not supported/,
    );
  });

  test.each<[string, readonly string[], Readonly<Record<string, number>>]>([
    ['a broken sequence', [okx(1, -1, '100'), okx(4, 3, '98')], { 'book-gap': 1 }],
    ['a duplicate update', [okx(1, -1, '100'), okx(3, 1, '99'), okx(3, 1, '99')], { duplicate: 1 }],
    ['a wrong checksum', [okx(1, -1, '100'), okx(3, 1, '99', 12_345)], { checksum: 1 }],
    ['a meaningless line', [okx(1, -1, '100'), 'hello', okx(3, 1, '9')], { 'bad-line': 1 }],
    [
      'an unknown channel',
      [okx(1, -1, '100'), `${T}.5: {"arg":{"channel":"status","instId":"x"},"data":[{}]}`],
      { 'unknown-stream': 1 },
    ],
  ])('%s is reported and counted', async (_, lines, problems) => {
    const result = await importFiles({ 'OKX.ws.1.0': [CONNECTED, ...lines] });
    expect(result.problemCounts).toEqual(problems);
  });
});
