/*
 * What recordings contain besides good lines. Each case mangles the excerpt of a real night in one way and lists what
 * the import must report; with --strict each of them is refused and nothing is kept.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { History } from '@tapedeck/db/history';

import { ImportError } from '../../src/import/read/import-problem.ts';
import type { ImportResult } from '../../src/import/session/import-result.ts';
import type { ImportOptions } from '../../src/import/session/recording-import.ts';
import { EXCERPTS } from './test-fixtures.ts';
import { TestImport } from './test-import.ts';

const TEXT = gunzipSync(readFileSync(join(EXCERPTS, 'spot-ethusdt.gz'))).toString();
const LINES: readonly string[] = TEXT.split('\n').filter((line) => line !== '');
const DEPTH = LINES.flatMap((line, at) => (line.includes('depthUpdate') ? [at] : []));
const TRADES = LINES.flatMap((line, at) => (line.includes('@trade') ? [at] : []));
const SNAPSHOT = LINES.findIndex((line) => line.includes('lastUpdateId'));

let rig: TestImport;
let history: History;
beforeEach(() => {
  rig = new TestImport();
  history = rig.history;
});
afterEach(() => rig.close());

function importBytes(
  bytes: Uint8Array | string,
  options: Partial<ImportOptions> = {},
): Promise<ImportResult> {
  return rig.of([rig.file('recording.gz', bytes)], options);
}

function changed(at: number, change: (line: string) => string): string {
  return LINES.map((line, i) => (i === at ? change(line) : line)).join('\n');
}

function without(...dropped: readonly number[]): string {
  return LINES.filter((_, i) => !dropped.includes(i)).join('\n');
}

/** The n-th depth or trade line, well after the snapshot. */
const depthAt = (n: number): number => DEPTH[n] ?? -1;
const tradeAt = (n: number): number => TRADES[n] ?? -1;

type Mangled = {
  readonly name: string;
  readonly bytes: () => Uint8Array | string;
  readonly problems: Readonly<Record<string, number>>;
  /** File line that the first problem names, from 1. */
  readonly line?: number;
  readonly gaps?: readonly string[];
};

const MANGLED: readonly Mangled[] = [
  {
    name: 'a cut gzip',
    bytes: () => gzipSync(TEXT).subarray(0, 60_000),
    problems: { 'cut-file': 1, 'book-gap': 1 },
    gaps: ['upstream-gap'],
  },
  {
    name: 'a line that is not JSON',
    bytes: () => changed(depthAt(100), (line) => line.slice(0, 80)),
    problems: { 'bad-line': 1, 'book-gap': 1 },
    line: depthAt(100) + 1,
    gaps: ['upstream-gap'],
  },
  {
    name: 'a line without a receive time',
    bytes: () => changed(tradeAt(50), (line) => line.slice(line.indexOf('{'))),
    problems: { 'bad-line': 1, 'trade-gap': 1 },
    line: tradeAt(50) + 1,
    gaps: ['trades-missing'],
  },
  {
    name: 'a level without a size',
    bytes: () =>
      changed(depthAt(100), (line) => line.replace(/\["(\d+\.\d+)","[^"]+"\]/, '["$1"]')),
    problems: { 'bad-line': 1, 'book-gap': 1 },
    line: depthAt(100) + 1,
    gaps: ['upstream-gap'],
  },
  {
    name: 'a price that is not a number',
    bytes: () => changed(depthAt(100), (line) => line.replace(/\["\d+\.\d+"/, '["NaN"')),
    problems: { 'bad-line': 1, 'book-gap': 1 },
    line: depthAt(100) + 1,
    gaps: ['upstream-gap'],
  },
  {
    name: 'a negative size',
    bytes: () => changed(depthAt(100), (line) => line.replace(/\["(\d+\.\d+)","/, '["$1","-')),
    problems: { 'bad-line': 1, 'book-gap': 1 },
    line: depthAt(100) + 1,
    gaps: ['upstream-gap'],
  },
  {
    name: 'a diff without its last id',
    bytes: () => changed(depthAt(100), (line) => line.replace(/"u":\d+,/, '')),
    problems: { 'bad-line': 1, 'book-gap': 1 },
    line: depthAt(100) + 1,
    gaps: ['upstream-gap'],
  },
  {
    name: 'a missing diff: the book is stale from there on, never repaired by guessing',
    bytes: () => without(depthAt(100)),
    problems: { 'book-gap': 1 },
    line: depthAt(101),
    gaps: ['upstream-gap'],
  },
  {
    name: 'a missing trade',
    bytes: () => without(tradeAt(50)),
    problems: { 'trade-gap': 1 },
    gaps: ['trades-missing'],
  },
  {
    name: 'a duplicate diff',
    bytes: () => changed(depthAt(100), (line) => `${line}\n${line}`),
    problems: { duplicate: 1 },
    line: depthAt(100) + 2,
  },
  {
    name: 'a duplicate trade',
    bytes: () => changed(tradeAt(50), (line) => `${line}\n${line}`),
    problems: { duplicate: 1 },
    line: tradeAt(50) + 2,
  },
  {
    name: 'an unknown stream',
    bytes: () =>
      changed(
        tradeAt(50),
        (line) =>
          `${line}\n${line.split(' ')[0]} {"stream":"ethusdt@kline_1m","data":{"e":"kline","s":"ETHUSDT"}}`,
      ),
    problems: { 'unknown-stream': 1 },
    line: tradeAt(50) + 2,
  },
  {
    name: 'an insurance-fund print is not a market trade',
    bytes: () => changed(tradeAt(50), (line) => line.replace('"m":', '"X":"INSURANCE_FUND","m":')),
    problems: { 'unknown-trade-type': 1 },
    line: tradeAt(50) + 1,
  },
  {
    name: 'a receive time that goes backwards costs only its own line',
    bytes: () => changed(tradeAt(50), (line) => line.replace(/^\d{4}/, '1622')),
    problems: { 'time-backwards': 1, 'trade-gap': 1 },
    line: tradeAt(50) + 1,
    gaps: ['trades-missing'],
  },
  {
    name: 'another market in between',
    bytes: () =>
      changed(tradeAt(50), (line) => `${line}\n${line.replaceAll('ETHUSDT', 'BTCUSDT')}`),
    problems: { 'other-symbol': 1 },
    line: tradeAt(50) + 2,
  },
  {
    name: 'no snapshot: there are trades and no book',
    bytes: () => without(SNAPSHOT),
    problems: { 'no-snapshot': 1 },
    gaps: ['upstream-gap'],
  },
];

describe.each(MANGLED)('$name', ({ bytes, problems, line, gaps }) => {
  test('is reported with file and line, counted and skipped', async () => {
    const result = await importBytes(bytes(), { symbol: 'ETHUSDT' });
    expect(result.problemCounts).toEqual(problems);
    const [first] = result.problems;
    expect(first?.file).toBe('recording.gz');
    if (line !== undefined) expect(first?.line).toBe(line);
    const session = history.sessions.get(result.session);
    expect(session?.gaps.map((gap) => gap.reason)).toEqual(gaps ?? []);
    expect(session?.origin['problems']).toEqual(problems);
  });

  test('is refused by --strict, and leaves no partial session', async () => {
    const importing = importBytes(bytes(), { symbol: 'ETHUSDT', strict: true });
    await expect(importing).rejects.toThrow(/recording\.gz:\d+: .*refused by --strict/);
    expect(history.sessions.list()).toEqual([]);
    for (const table of ['session', 'segment', 'trade', 'candle', 'gap', 'book_check'])
      expect(history.connection.prepare(`select count(*) from ${table}`).pluck().get()).toBe(0);
  });
});

test.each(MANGLED)(
  'reported again by a repeat and refused by a strict one: $name',
  async ({ bytes }) => {
    const first = await importBytes(bytes(), { symbol: 'ETHUSDT' });
    const again = await importBytes(bytes(), { symbol: 'ETHUSDT' });
    const { session, problemCounts, messages } = first;
    expect(again).toMatchObject({ session, already: true, problemCounts, messages });
    expect(again.problems).toEqual(first.problems.slice(0, 5));
    const strict = importBytes(bytes(), { symbol: 'ETHUSDT', strict: true });
    await expect(strict).rejects.toThrow(
      new RegExp(`recording\\.gz:\\d+: .*refused by --strict; imported before.*${session}`),
    );
    await expect(strict).rejects.toMatchObject({ wrongUse: false });
  },
);

test('a good file imported before is accepted by a strict repeat too', async () => {
  const { session } = await importBytes(TEXT, { symbol: 'ETHUSDT' });
  const strict = await importBytes(TEXT, { symbol: 'ETHUSDT', strict: true });
  expect(strict).toMatchObject({ session, already: true, problems: [], problemCounts: {} });
});

test('every cut of the file imports or says why not, and never hangs', async () => {
  const bytes = gzipSync(TEXT.slice(0, 200_000));
  for (let cut = 0; cut < bytes.length; cut += 2_003) {
    const path = rig.file(`cut-${cut}.gz`, bytes.subarray(0, cut));
    try {
      const result = await rig.of([path]);
      expect(result.problemCounts['cut-file']).toBe(1);
    } catch (error) {
      expect(error).toBeInstanceOf(ImportError);
    }
  }
});

test.each<[string, string | Uint8Array, RegExp]>([
  ['an empty file', '', /holds no readable line/],
  ['an empty gzip', gzipSync(''), /holds no readable line/],
  ['a file of another kind', 'a,b,c\n1,2,3\n', /is of no known format/],
  [
    'a binary file',
    Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7_919) % 256),
    /no known format|no readable/,
  ],
])('%s is refused', async (_, bytes, message) => {
  await expect(importBytes(bytes)).rejects.toThrow(message);
  expect(history.sessions.list()).toEqual([]);
});

test('a gzip whose content was changed is refused: its lines may be wrong without any sign of it', async () => {
  const bytes = gzipSync(TEXT);
  bytes.fill(0xff, 50_000, 50_200);
  await expect(importBytes(bytes)).rejects.toThrow(/recording\.gz:\d+: the file is damaged/);
  expect(history.connection.prepare('select count(*) from session').pluck().get()).toBe(0);
});

test('a symbol that the file does not have is refused', async () => {
  await expect(importBytes(TEXT, { symbol: 'BTCUSDT' })).rejects.toThrow(
    /holds ETHUSDT, not BTCUSDT/,
  );
});

test('a tick size that the prices do not fit is reported, and nothing is rounded', async () => {
  const result = await importBytes(TEXT, { tickSize: '0.5' });
  expect(result.problemCounts['bad-line']).toBeGreaterThan(100);
  expect(result.problems[0]?.detail).toContain('0.5');
});

test('BOM, CRLF, blank lines and plain text are read like the gzip', async () => {
  const plain = await importBytes(`\u{feff}${LINES.join('\r\n\r\n')}\r\n`);
  expect(plain.problemCounts).toEqual({});
  expect(plain.messages).toMatchObject({ depth: 238, bookTicker: 1_813, trade: 324 });
});

test('receive times in s, ms, us and ns are distinguished', async () => {
  for (const digits of [10, 13, 16, 19]) {
    const lines = LINES.map((line) => line.slice(0, digits) + line.slice(line.indexOf(' ')));
    const { session } = await importBytes(lines.join('\n'));
    expect(session).toMatch(/^ethusdt-binance-20240808-235414/);
    const [segment] = history.books.segmentsFrom(session, 'ETHUSDT@binance', 0);
    expect(Math.floor((segment?.keyframe.receiveTime ?? 0) / 1_000)).toBe(1_723_161_254);
  }
});

test('ids beyond 2^53 are neither rounded nor confused', async () => {
  // Both neighbours round to the same double: a reader that uses one would see a duplicate or miss a hole.
  const shift = (text: string): string =>
    text.replaceAll(
      /"(U|u|lastUpdateId)":(\d+)/g,
      (_, name, id) => `"${name}":${BigInt(id) + 2n ** 60n}`,
    );
  const whole = await importBytes(shift(LINES.join('\n')));
  expect(whole.problemCounts).toEqual({});
  expect(history.sessions.get(whole.session)?.counts.deltas).toBe(236);
  const holed = await importBytes(shift(without(depthAt(100))));
  expect(holed.problemCounts).toEqual({ 'book-gap': 1 });
});

test('a finer price late in the file refines the grid of the whole file', async () => {
  const at = tradeAt(300);
  const finer = changed(at, (line) => line.replace(/"p":"(\d+\.\d\d)0/, '"p":"$15'));
  const result = await importBytes(finer);
  expect(history.instruments.get('ETHUSDT@binance', result.session)?.tickSize).toBe('0.001');
  const coarse = await importBytes(TEXT);
  expect(history.instruments.get('ETHUSDT@binance', coarse.session)?.tickSize).toBe('0.01');
  const fine = history.books.at('ETHUSDT@binance', 1_723_161_270_000, result.session);
  const book = history.books.at('ETHUSDT@binance', 1_723_161_270_000, coarse.session);
  expect(fine?.book.bids.map(([price]) => price / 10)).toEqual(
    book?.book.bids.map(([price]) => price),
  );
});

test('an aborted import leaves nothing behind', async () => {
  const stopping = new AbortController();
  const importing = importBytes(TEXT, {
    signal: stopping.signal,
    onProgress: () => stopping.abort(new Error('interrupted')),
  });
  await expect(importing).rejects.toThrow('interrupted');
  expect(history.connection.prepare('select count(*) from session').pluck().get()).toBe(0);
});

test('a book that was interrupted continues from the next snapshot, and the hole is a gap', async () => {
  const [snapshot = ''] = LINES.slice(SNAPSHOT);
  const hole = depthAt(60);
  const resumed = depthAt(120);
  // A later snapshot: the first one, renumbered to the update before the diff that follows it.
  const firstId = /"U":(\d+)/.exec(LINES[resumed] ?? '')?.[1] ?? '0';
  const time = (LINES[resumed] ?? '').split(' ')[0];
  const later = `${time} ${snapshot.slice(snapshot.indexOf('{')).replace(/"lastUpdateId":\d+/, `"lastUpdateId":${BigInt(firstId) - 1n}`)}`;
  const lines = LINES.flatMap((line, at) =>
    at === hole ? [] : at === resumed ? [later, line] : [line],
  );
  const result = await importBytes(lines.join('\n'));
  expect(result.problemCounts).toEqual({ 'book-gap': 1 });
  const session = history.sessions.get(result.session);
  expect(session?.gaps).toHaveLength(1);
  const gap = session?.gaps[0];
  expect(session?.coverage).toBeLessThan(1);
  const inside = history.books.at('ETHUSDT@binance', (gap?.from ?? 0) + 500, result.session);
  expect(inside?.gap).toEqual(gap);
  const after = history.books.at('ETHUSDT@binance', (gap?.to ?? 0) + 500, result.session);
  expect(after?.gap).toBeUndefined();
});
