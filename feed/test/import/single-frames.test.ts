/*
 * Single frames of July 2026, valid and malformed, and files of two archives with less than a session needs: the
 * exact result of each. Read from TAPEDECK_FIXTURES (default ../shared/data), visibly skipped if that is absent.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { History } from '@tapedeck/db/history';

import type { ImportResult } from '../../src/import/session/import-result.ts';
import { FIXTURES } from './test-fixtures.ts';
import { TestImport } from './test-import.ts';

const FRAMES = join(FIXTURES, 'okx_binance_2026_frames');
const GCT = join(FIXTURES, 'gct_csv');

let rig: TestImport;
let history: History;
beforeEach(() => {
  rig = new TestImport();
  history = rig.history;
});
afterEach(() => rig.close());

const frame = (path: string): string =>
  JSON.stringify(JSON.parse(readFileSync(join(FRAMES, path), 'utf8')));

const importFile = (path: string): Promise<ImportResult> => rig.of([path]);
const importLines = (name: string, lines: readonly string[]): Promise<ImportResult> =>
  rig.of([rig.file(name, lines)]);

const T = 1_783_786_800;
const TRADE = `{"stream":"btcusdt@trade","data":{"e":"trade","E":${T * 1_000},"s":"BTCUSDT","t":1,"p":"64175.83","q":"1","T":${T * 1_000},"m":true,"M":true}}`;
const OKX_FILES = [
  'books_malformed_bad_level_shape',
  'books_malformed_missing_seqid',
  'books_snapshot',
  'books_update_asks_only',
  'books_update_normal',
  'subscribe_ack',
] as const;
const BINANCE_FILES = [
  'depth_diff_bids_only',
  'depth_diff_malformed_bad_level_shape',
  'depth_diff_malformed_missing_field',
  'depth_diff_normal',
  'depth_snapshot',
] as const;

describe.skipIf(!existsSync(FRAMES))('frames of 2026', () => {
  test.each([
    ...OKX_FILES.map((name) => `okx/${name}`),
    ...BINANCE_FILES.map((name) => `binance/${name}`),
  ])('%s by itself is not a recording: it has no receive time', async (name) => {
    await expect(importFile(join(FRAMES, `${name}.json`))).rejects.toThrow(/of no known format/);
    expect(history.sessions.list()).toEqual([]);
  });

  const okx = (...names: readonly (typeof OKX_FILES)[number][]): Promise<ImportResult> =>
    importLines('OKX.ws.1.0', [
      `wss://ws.okx.com:8443/ws/v5/public <-> ${T}.0`,
      ...names.map((name, at) => `${T}.${at + 1}: ${frame(`okx/${name}.json`)}`),
    ]);

  test.each<
    [name: (typeof OKX_FILES)[number], problems: Readonly<Record<string, number>>, left: number]
  >([
    ['subscribe_ack', {}, 0],
    // Nothing follows that could prove the book right without it.
    ['books_malformed_bad_level_shape', { 'bad-line': 1, 'book-gap': 1 }, 0],
    ['books_malformed_missing_seqid', { 'bad-line': 1, 'book-gap': 1 }, 0],
    ['books_update_normal', {}, 1],
    ['books_update_asks_only', { 'book-gap': 1 }, 0],
  ])('OKX, after a snapshot: %s', async (name, problems, deltas) => {
    const { session, symbol, messages, problemCounts } = await okx('books_snapshot', name);
    expect(symbol).toBe('BTC-USDT@okx');
    // `"checksum":0` means none: nothing is compared with it.
    expect(messages.snapshot).toBe(1);
    expect(messages.checksumOk).toBeUndefined();
    expect(problemCounts).toEqual(problems);
    expect(history.sessions.get(session)?.counts.deltas).toBe(deltas);
  });

  const binance = (...names: readonly (typeof BINANCE_FILES)[number][]): Promise<ImportResult> =>
    importLines('btcusdt.txt', [
      ...names.map((name, at) => `${T * 1_000 + at} ${frame(`binance/${name}.json`)}`),
      `${T * 1_000 + names.length} ${TRADE}`,
    ]);

  test.each<[name: (typeof BINANCE_FILES)[number], problems: Readonly<Record<string, number>>]>([
    ['depth_diff_malformed_bad_level_shape', { 'bad-line': 1, 'no-snapshot': 1 }],
    ['depth_diff_malformed_missing_field', { 'bad-line': 1, 'no-snapshot': 1 }],
    ['depth_diff_bids_only', { 'no-snapshot': 1 }],
  ])('Binance, with a diff that no snapshot bridges: %s', async (name, problems) => {
    const { messages, problemCounts } = await binance('depth_diff_normal', name);
    expect(messages.depth).toBe(name === 'depth_diff_bids_only' ? 2 : 1);
    expect(problemCounts).toEqual(problems);
  });

  test('Binance: diffs alone, without a snapshot to bridge to, are refused', async () => {
    const alone = [`${T * 1_000} ${frame('binance/depth_diff_normal.json')}`];
    await expect(importLines('btcusdt.txt', alone)).rejects.toThrow(
      /no event of BTCUSDT@binance could be used.*there is no book; nothing was imported/,
    );
    expect(history.sessions.list()).toEqual([]);
  });

  test('Binance: a snapshot without diffs is a book', async () => {
    const { session, symbol } = await importLines('btcusdt.txt', [
      `${T * 1_000} ${TRADE}`,
      `${T * 1_000 + 1} ${frame('binance/depth_snapshot.json')}`,
    ]);
    const end = history.sessions.get(session)?.to ?? 0;
    const book = history.books.at(symbol, end + 1, session)?.book;
    expect(book?.bids[0]).toEqual([6_417_583, 49_539]);
  });
});

describe.skipIf(!existsSync(GCT))('archives with less than a session needs', () => {
  test('a year of days whose high is their close: the days that fell are not candles', async () => {
    const path = join(GCT, 'binance_BTCUSDT_24h_2019_01_01_2020_01_01.csv');
    const { session, symbol, messages, problems, problemCounts } = await importFile(path);
    expect(symbol).toBe('BTCUSDT@binance');
    expect(messages).toMatchObject({ candle: 189, trade: 0 });
    expect(problemCounts).toEqual({ 'bad-line': 176 });
    expect(problems[0]).toMatchObject({ line: 3, detail: expect.stringContaining('not a candle') });
    const days = history.candles.range({ symbol, session, interval: '1d', limit: 1_000 });
    expect(days).toHaveLength(189);
    expect(days[0]).toMatchObject({
      openTime: Date.UTC(2019, 0, 1),
      open: 370_123,
      close: 379_714,
      low: 364_200,
    });
  });

  test('a thousand trades without an aggressor are refused: none is made up', async () => {
    const path = join(GCT, 'binance_BTCUSDT_24h-trades_2020_11_16.csv');
    await expect(importFile(path)).rejects.toThrow(
      /no event of BTCUSDT@binance could be used.*:1: a trade with side ANY: its aggressor is unknown/,
    );
    expect(history.sessions.list()).toEqual([]);
  });

  test('trades with an aggressor are imported', async () => {
    const { messages, problemCounts } = await importLines('binance_BTCUSDT_trades_x.csv', [
      `${T},15993.5,0.026472,BUY`,
      `${T + 1},15994.96,0.227,SELL`,
      ...Array.from({ length: 9 }, (_, i) => `${T + 2 + i},15994.51,0.07,ANY`),
    ]);
    expect(messages.trade).toBe(2);
    expect(problemCounts).toEqual({ 'unknown-trade-type': 9 });
  });
});
