/* Which trades were seen, whatever the order of their ids. */
import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';

import { TestImport } from '../../../test/import/test-import.ts';
import { type IdHole, TradeIds } from './trade-ids.ts';

const SEED = Number(process.env['SEED'] ?? 1 + Math.floor(Math.random() * 1e6));
const PLACE = { file: 'x.csv', line: 1 };
const T = 1_700_000_000_000;

test(`ids in any order count once each, and only what is missing at the end is a hole (seed ${SEED})`, () => {
  const random = new Random(SEED);
  for (let round = 0; round < 300; round++) {
    const ids = Array.from({ length: 40 }, (_, i) => i).filter(() => random.chance(0.8));
    const order = ids.map((id) => [random.integer(0, 999), id] as const);
    const mixed = order.toSorted((a, b) => a[0] - b[0]).map(([, id]) => id);
    const holes: IdHole[] = [];
    const told = new TradeIds((hole) => holes.push(hole));
    const seen = new Set<number>();
    for (const id of [...mixed, ...mixed.slice(0, 5)]) {
      const span = { first: id, last: id };
      expect(told.has(span)).toBe(seen.has(id));
      expect(told.take(span, T + id, PLACE)).toBe(seen.has(id));
      seen.add(id);
    }
    told.finish();
    const missing = ids.slice(1).flatMap((id, i) => (id - (ids[i] ?? 0) > 1 ? [[ids[i], id]] : []));
    expect(holes.map(({ before, after }) => [before, after])).toEqual(missing);
  }
});

test('thousands of holes are reported, and memory for them is bounded', () => {
  const holes: IdHole[] = [];
  const told = new TradeIds((hole) => holes.push(hole));
  for (let id = 0; id < 10_000; id += 2) told.take({ first: id, last: id }, T + id, PLACE);
  expect(holes.length).toBeGreaterThan(3_900);
  told.finish();
  expect(holes).toHaveLength(4_999);
});

const NAME = 'QZBUSDT-trades-2023-09-01.csv';
const row = (id: number, ms: number, price = '1.5'): string =>
  `${id},${price},2,3.0,${T + ms},True,True`;
const aggregate = (id: number, first: number, last: number, ms: number): string =>
  `${id},1.5,2,${first},${last},${T + ms},True,True`;

test.each<[string, Readonly<Record<string, readonly string[]>>, number, object]>([
  ['swapped rows', { [NAME]: [row(1, 0), row(3, 2), row(2, 1), row(4, 3)] }, 4, {}],
  ['newest first', { [NAME]: [row(3, 2), row(2, 1), row(1, 0)] }, 3, {}],
  [
    'numbers that start over',
    { [NAME]: [row(500, 0), row(501, 1), row(1, 2), row(2, 3)] },
    4,
    { 'trade-gap': 1 },
  ],
  [
    'one id for two trades',
    { [NAME]: [row(1, 0), row(2, 1), row(2, 5, '1.6'), row(3, 6)] },
    4,
    { 'trade-id': 1 },
  ],
  [
    'one trade twice',
    { [NAME]: [row(1, 0), row(2, 1), row(2, 1), row(3, 6)] },
    3,
    { duplicate: 1 },
  ],
  [
    'overlapping days',
    {
      [NAME]: [row(1, 0), row(2, 1), row(3, 2)],
      'QZBUSDT-trades-2023-09.csv': [row(0, -1), row(1, 0), row(2, 1), row(3, 2), row(4, 3)],
    },
    5,
    { duplicate: 3 },
  ],
  [
    'trades and their aggregates',
    {
      [NAME]: [row(1, 0), row(2, 0), row(3, 1)],
      'QZBUSDT-aggTrades-2023-09-01.csv': [aggregate(7, 1, 2, 0), aggregate(8, 3, 3, 1)],
    },
    3,
    { duplicate: 2 },
  ],
])('P33b: with %s no trade is lost and none counts twice', async (_, files, trades, problems) => {
  const rig = new TestImport();
  try {
    const paths = Object.entries(files).map(([name, lines]) => rig.file(name, lines));
    const { session, symbol, problemCounts } = await rig.of(paths);
    expect([...rig.history.trades.inSequence(session, symbol)]).toHaveLength(trades);
    expect(problemCounts).toEqual(problems);
  } finally {
    rig.close();
  }
});
