/* P33b: candle files that contradict themselves, or lack rows, on Binance's klines, which have a row for every minute. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { ImportResult } from '../../src/import/session/import-result.ts';
import { TestImport } from './test-import.ts';

const START = 1_722_603_600_000;
const MINUTE = 60_000;
const FILE = 'QADUSDT-1m-2024-08-02.csv';

let rig: TestImport;
beforeEach(() => {
  rig = new TestImport();
});
afterEach(() => rig.close());

function row(minute: number, volume: number, trades = 3): string {
  const open = START + minute * MINUTE;
  const prices = '4.0,4.2,3.9,4.1';
  return `${open},${prices},${volume},${open + MINUTE - 1},${volume * 4},${trades},${volume / 2},0,0`;
}

const ROWS = Array.from({ length: 10 }, (_, minute) => row(minute, 10 + minute));

async function outcome(lines: readonly string[]) {
  const result: ImportResult = await rig.of([rig.file(FILE, lines)]);
  const gaps = rig.history.sessions.gaps(result.session);
  return {
    problems: result.problemCounts,
    candles: result.messages.candle,
    gaps: gaps.map(({ from, to, reason }) => [
      (from - START) / MINUTE,
      (to - START) / MINUTE,
      reason,
    ]),
  };
}

test('whole files have neither problems nor gaps, and a minute without a trade is none', async () => {
  expect(await outcome(ROWS)).toEqual({ problems: {}, candles: 10, gaps: [] });
  const quiet = ROWS.with(4, row(4, 0, 0));
  expect(await outcome(quiet)).toEqual({ problems: {}, candles: 9, gaps: [] });
});

test('a row that comes twice is a duplicate; one that says something else makes its minute a gap', async () => {
  expect(await outcome([...ROWS.slice(0, 8), row(7, 17), ...ROWS.slice(8)])).toEqual({
    problems: { duplicate: 1 },
    candles: 10,
    gaps: [],
  });
  expect(await outcome([...ROWS.slice(0, 8), row(7, 999), ...ROWS.slice(8)])).toEqual({
    problems: { 'candle-gap': 1 },
    candles: 10,
    gaps: [[7, 8, 'trades-missing']],
  });
});

test('rows that are missing, or are no candles, are gaps', async () => {
  expect(await outcome([...ROWS.slice(0, 3), ...ROWS.slice(6)])).toEqual({
    problems: { 'candle-gap': 1 },
    candles: 7,
    gaps: [[3, 6, 'trades-missing']],
  });
  const swapped = row(5, 15).replace('4.2,3.9', '3.9,4.2');
  expect(await outcome(ROWS.with(5, swapped))).toEqual({
    problems: { 'bad-line': 1, 'candle-gap': 1 },
    candles: 9,
    gaps: [[5, 6, 'trades-missing']],
  });
});
