/*
 * V15: what live venues sent, kept as it came, imports as the books, trades and candles that the live session has;
 * through reconnects and missing trades.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { type History, openHistory } from '@tapedeck/db/history';
import { DecimalScale } from '@tapedeck/market/number/decimal';
import type { EpochMs, Level } from '@tapedeck/market/number/level';
import { ManualClock } from '@tapedeck/market/time/clock';

import { importRecordings } from '../src/import/session/recording-import.ts';
import { SystemClock } from '../src/machine/system-clock.ts';
import { RawKeeper } from '../src/source/venue/raw/raw-keeper.ts';
import { TestFeed } from './test-feed.ts';
import { DoubleServer } from './venue-double/double-server.ts';
import type { DoubleVenue } from './venue-double/double-venue.ts';
import { doubleOf } from './venue-double/test-venue-rig.ts';

const cleanup: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const work of cleanup.splice(0).toReversed()) await work();
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-raw-'));
  cleanup.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

function opened(path: string): History {
  const history = openHistory(path);
  cleanup.push(() => history.close());
  return history;
}

const ready = async (feed: TestFeed): Promise<number> => (await feed.get('/readyz')).status;
const hasTrades = (double: DoubleVenue, count: number): boolean =>
  [...double.markets.values()].every(({ trades }) => trades.length >= count);

/** Everything in plain decimals: grids may differ. */
function tradesOf(history: History, symbol: string): readonly string[] {
  const { price, size } = scalesOf(history, symbol);
  const session = history.sessions.list()[0]?.id ?? '';
  return history.trades
    .after(session, symbol, 0, 100_000)
    .map(
      ({ eventTime, priceTicks, sizeLots, aggressor }) =>
        `${eventTime} ${price.toPlainText(priceTicks)} ${size.toPlainText(sizeLots)} ${aggressor}`,
    )
    .toSorted();
}

function bookOf(history: History, symbol: string, at: EpochMs): readonly string[] | undefined {
  const { price, size } = scalesOf(history, symbol);
  const session = history.sessions.list()[0]?.id ?? '';
  const book = history.books.at(symbol, at, session)?.book;
  const text = ([ticks, lots]: Level): string =>
    `${price.toPlainText(ticks)} ${size.toPlainText(lots)}`;
  return book && [...book.bids.map(text), '', ...book.asks.map(text)];
}

function scalesOf(history: History, symbol: string) {
  const instrument = history.instruments.get(symbol);
  return {
    price: new DecimalScale(instrument?.tickSize ?? '1'),
    size: new DecimalScale(instrument?.lotSize ?? '1'),
  };
}

test.each(['binance', 'binance-usdm', 'kraken', 'coinbase', 'deribit', 'hyperliquid'] as const)(
  'V15: what %s sent imports as the session that was live',
  async (name) => {
    const [raw, data] = [newFolder(), newFolder()];
    const double = doubleOf(name, new SystemClock());
    const server = await DoubleServer.start(double);
    double.start();
    cleanup.push(async () => {
      double.stop();
      await server.close();
    });
    const ids = [...double.markets.keys()];
    const feed = await TestFeed.start({
      TAPEDECK_SOURCE: `${name}:${ids.join()}`,
      TAPEDECK_VENUE_ENDPOINTS: `${name}=${server.endpoint}`,
      TAPEDECK_DB: join(data, 'live.db'),
      TAPEDECK_RAW: raw,
    });
    let isClosed = false;
    cleanup.push(() => (isClosed ? undefined : feed.close()));
    await expect.poll(() => ready(feed)).toBe(200);
    const sent = Math.max(...[...double.markets.values()].map(({ trades }) => trades.length));
    await expect.poll(() => hasTrades(double, sent + 3)).toBe(true);
    double.cut(1006);
    await expect.poll(() => ready(feed)).toBe(503);
    await expect.poll(() => ready(feed)).toBe(200);
    const then = Math.max(...[...double.markets.values()].map(({ trades }) => trades.length));
    await expect.poll(() => hasTrades(double, then + 3)).toBe(true);
    await feed.close();
    isClosed = true;

    const live = opened(join(data, 'live.db'));
    const imported = opened(':memory:');
    const folder = join(raw, name);
    for (const id of ids) {
      const history = name.startsWith('binance') ? opened(':memory:') : imported;
      const files = readdirSync(folder)
        .filter((file) => !name.startsWith('binance') || file.includes(id))
        .map((file) => join(folder, file));
      const results = await importRecordings({ history, clock: new ManualClock(), files });
      expect(results).toHaveLength(1);
      const symbol = `${id}@${name}`;
      expect(tradesOf(history, symbol)).toEqual(tradesOf(live, symbol));
      const { to = 0 } = live.sessions.list()[0] ?? {};
      const last = Math.min(to, history.sessions.list()[0]?.to ?? 0);
      expect(bookOf(history, symbol, last)).toEqual(bookOf(live, symbol, last));
      const few = name === 'hyperliquid' ? 6 : 10;
      expect(bookOf(history, symbol, last)?.length).toBeGreaterThan(few);
    }
  },
);

test('V15: files are rotated every hour, and the oldest go first', async () => {
  const dir = newFolder();
  const clock = new ManualClock(Date.parse('2026-03-01T10:59:59.500Z'));
  const told: string[] = [];
  const retention = { ageMs: 3 * 3_600_000, bytes: 1_000_000 };
  const keeper = new RawKeeper({ dir, retention, clock, tell: (message) => told.push(message) });
  const frame = { venue: 'kraken', socket: 1, address: 'wss://ws.kraken.com/v2' };
  keeper.frame({ ...frame, text: '{"a":1}' });
  clock.advance(1_000);
  keeper.frame({ ...frame, text: '{"a":2}' });
  writeFileSync(join(dir, 'kraken', 'notes.txt'), 'not ours');
  expect(readdirSync(join(dir, 'kraken')).toSorted()).toEqual([
    ...['2026-03-01T10_ws.1.gz', '2026-03-01T11_ws.1.gz', 'notes.txt'],
  ]);
  clock.advance(4 * 3_600_000);
  expect(readdirSync(join(dir, 'kraken')).toSorted()).toEqual([
    '2026-03-01T11_ws.1.gz',
    'notes.txt',
  ]);
  await keeper.close();
  expect(told).toEqual([]);
});

test('V15: a folder that cannot be written is reported once, and the market goes on', async () => {
  const dir = newFolder();
  const told: string[] = [];
  const clock = new ManualClock();
  const keeper = new RawKeeper({
    ...{ dir, retention: undefined, clock, tell: (message) => told.push(message) },
  });
  // A file where the venue's folder should be.
  writeFileSync(join(dir, 'kraken'), '');
  const frame = { venue: 'kraken', socket: 1, address: 'wss://ws.kraken.com/v2', text: '{}' };
  keeper.frame(frame);
  keeper.frame(frame);
  await keeper.close();
  expect(told[0]).toMatch(/^raw frames are not kept .*kraken.*check TAPEDECK_RAW/);
  expect(told.filter((each) => each.startsWith('raw frames are not kept'))).toHaveLength(1);
});
