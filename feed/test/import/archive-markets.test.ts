/* A file's market and date are what the file itself says, or the user is asked; they are never silently wrong. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { TestImport } from './test-import.ts';

let rig: TestImport;
beforeEach(() => void (rig = new TestImport()));
afterEach(() => rig.close());

const T = 1_686_096_000_000;
const AGGREGATES =
  'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker';
const TRADES = 'id,price,qty,quote_qty,time,is_buyer_maker';
const KLINES =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';
const KLINE = `${T},4.0,4.2,3.9,4.1,10,${T + 59_999},41.0,3,5,20.5,0`;

function fileAt(path: string, lines: readonly string[]): string {
  const whole = join(rig.folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, lines.join('\n'));
  return whole;
}

test.each<[string, readonly string[], string]>([
  ['QZCUSDT-trades-2023-06-07.csv', [`1,1.5,2,3.0,${T},True,True`], '@binance'],
  ['QZCUSDT-trades-2023-06-07.csv', [`1,1.5,2,3.0,${T},true`], '@binance-usdm'],
  ['QZCUSDT-trades-2023-06-07.csv', [TRADES, `1,1.5,2,3.0,${T},true`], '@binance-usdm'],
  ['QZCUSDT-aggTrades-2023-06.csv', [AGGREGATES, `1,1.5,2,1,1,${T},true`], '@binance-usdm'],
  ['QZCUSDT-aggTrades-2023-06.csv', [`1,1.5,2,1,1,${T},true`], '@binance-usdm'],
  ['QZCUSDT-aggTrades-2023-06.csv', [`1,1.5,2,1,1,${T},True,True`], '@binance'],
  ['QZCUSDT-1m-2023-06-07.csv', [KLINE], '@binance'],
  ['QZCUSDT-1m-2023-06-07.csv', [KLINES, KLINE], '@binance-usdm'],
  ['futures/um/daily/klines/QZCUSDT/1m/QZCUSDT-1m-2023-06-07.csv', [KLINE], '@binance-usdm'],
  ['QZCUSD_PERP-1m-2023-06-07.csv', [KLINE], '@binance-coinm'],
  ['QZCUSD_230630-1m-2023-06-07.csv', [KLINES, KLINE], '@binance-coinm'],
  ['QZCUSDT_230630-1m-2023-06-07.csv', [KLINE], '@binance-usdm'],
])('%s with %j belongs to %s', async (path, lines, venue) => {
  const { symbol } = await rig.of([fileAt(path, lines)]);
  expect(symbol).toBe(`${path.split('/').at(-1)?.split('-')[0]}${venue}`);
});

test.each<[string, readonly string[]]>([
  ['spot/daily/klines/QZCUSD_PERP/1m/QZCUSD_PERP-1m-2023-06-07.csv', [KLINE]],
  ['futures/um/daily/trades/QZCUSDT/QZCUSDT-trades-2023.csv', [`1,1.5,2,3.0,${T},True,True`]],
])(
  '%s contradicts itself: the user is asked for the market, and --symbol answers',
  async (path, lines) => {
    const file = fileAt(path, lines);
    await expect(rig.of([file])).rejects.toThrow(/which market is it of\?.*--symbol .*COIN-M/);
    expect(rig.history.sessions.list()).toEqual([]);
    const symbol = `${path.split('/').at(-1)?.split('-')[0]}@binance-usdm`;
    expect(await rig.of([file], { symbol })).toMatchObject({ symbol });
  },
);

test('P33b: candles that may belong to two markets raise a question next to a file of one of them', async () => {
  const files = [
    fileAt('QZCUSDT-1m-2023-06-07.csv', [KLINE]),
    fileAt('QZCUSDT-trades-2023-06-07.csv', [TRADES, `1,1.5,2,3.0,${T},true`]),
  ];
  await expect(rig.of(files)).rejects.toThrow(
    /1m.*which market.*next to it belongs to QZCUSDT@binance-usdm/,
  );
});

const HEADER = 'exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount';
const level = (ms: number, snapshot: boolean, side: string, price: number, size = 1): string =>
  `deribit,QZD,${T + ms}000,${T + ms}005,${String(snapshot)},${side},${price},${size}`;

test('a recording is dated by its first message, however long that is', async () => {
  const book = Array.from({ length: 900 }, (_, i) => level(0, true, 'bid', i + 1));
  const { session } = await rig.of([
    fileAt('deribit_incremental_book_L2_QZD.csv', [HEADER, ...book]),
  ]);
  expect(session).toContain('20230607');
  expect(rig.history.sessions.get(session)).toMatchObject({ from: T, to: T });
});

test('P16: whole books alone are ok between each other, until a change shows that some are missing', async () => {
  const books = [0, 200, 400].flatMap((ms) => [
    level(ms, true, 'bid', -3 - ms / 100),
    level(ms, true, 'ask', 2 + ms / 100),
  ]);
  const alone = await rig.of([fileAt('a/book.csv', [HEADER, ...books])]);
  expect(rig.history.sessions.gaps(alone.session)).toEqual([]);
  const at = rig.history.books.at(alone.symbol, T + 300, alone.session);
  expect([at?.book.bids, at?.book.asks]).toEqual([[[-5, 1]], [[4, 1]]]);
  const change = level(900, false, 'bid', -9, 2);
  const late = level(20_400, true, 'bid', -8);
  const broken = await rig.of([fileAt('b/book.csv', [HEADER, ...books, change, late])]);
  const gaps = rig.history.sessions.gaps(broken.session).map(({ from, to }) => [from - T, to - T]);
  expect(gaps).toEqual([
    [0, 400],
    [900, 20_400],
  ]);
});
