import { beforeEach, expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';

import type { TradeHole } from '../../../venue/live-venue.ts';
import type { VenueTrade } from '../../../venue/venue-event.ts';
import { TradeTape } from './trade-tape.ts';

let clock: ManualClock;
let tape: TradeTape;
let told: (number | bigint | undefined)[];
let asked: TradeHole[];
let lost: number;
let unknown: (readonly [number, number])[];

beforeEach(() => {
  clock = new ManualClock();
  told = [];
  asked = [];
  lost = 0;
  unknown = [];
  tape = new TradeTape('X', clock, {
    trade: ({ id }) => void told.push(id),
    ask: (hole) => void asked.push(hole),
    lost: (count) => void (lost += count),
    unknown: (from, to) => void unknown.push([from, to]),
  });
});

function trade(id: number, more: Partial<VenueTrade> = {}): VenueTrade {
  const rest = { eventTime: 1_000 + id, price: '1', size: '1', aggressor: 'buy' } as const;
  return { type: 'trade', id, ...rest, kind: 'MARKET', ...more };
}

function pass(ms: number): void {
  for (let i = 0; i < ms; i += 100) {
    clock.advance(100);
    tape.tick();
  }
}

test('V12: missing trades are requested, later ones wait, and all are reported in order', () => {
  for (const id of [1, 2, 6, 7]) tape.take(trade(id));
  expect(told).toEqual([1, 2]);
  pass(400);
  expect(asked).toMatchObject([{ from: 3, to: 5, after: 1_002, isAggregate: false }]);
  tape.filled([trade(3), trade(4), trade(5), trade(6), trade(7)]);
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7]);
  tape.take(trade(8));
  expect([told.at(-1), lost]).toEqual([8, 0]);
});

test('late trades fill their hole without a request, and duplicates are reported once', () => {
  for (const id of [1, 4, 3, 4, 2, 1]) tape.take(trade(id));
  pass(100);
  expect([told, asked, lost]).toEqual([[1, 2, 3, 4], [], 0]);
});

test('if the venue does not answer, trades are held for at most 5 s, and those of the hole are reported late', () => {
  for (const id of [1, 3]) tape.take(trade(id));
  pass(5_200);
  expect(told).toEqual([1, 3]);
  tape.take(trade(4));
  expect(told).toEqual([1, 3, 4]);
  tape.filled([trade(2), trade(3), trade(4)]);
  expect([told, lost]).toEqual([[1, 3, 4, 2], 0]);
});

test('at the end, trades that were held are reported', () => {
  for (const id of [1, 4, 5]) tape.take(trade(id));
  expect(told).toEqual([1]);
  tape.finish();
  expect(told).toEqual([1, 4, 5]);
  expect(lost).toBe(2);
});

test('P17: trades that the venue no longer has are counted as lost', () => {
  for (const id of [1, 5]) tape.take(trade(id));
  pass(400);
  tape.filled([trade(4), trade(5)]);
  expect([told, lost]).toEqual([[1, 4, 5], 2]);
});

test('an archive that lags behind its stream is asked again, a limited number of times', () => {
  for (const id of [1, 4]) tape.take(trade(id));
  pass(400);
  tape.filled([trade(2)]);
  expect(asked).toMatchObject([{ from: 2 }, { from: 3 }]);
  tape.filled([]);
  pass(2_200);
  tape.filled([trade(3)]);
  expect([told, lost]).toEqual([[1, 2, 3, 4], 0]);
  tape.take(trade(6));
  for (let i = 0; i < 3; i++) {
    pass(2_200);
    tape.filled([]);
  }
  expect([told.at(-1), lost]).toEqual([6, 1]);
});

test('a second hole is merged into the first', () => {
  for (const id of [1, 3, 5]) tape.take(trade(id));
  pass(400);
  tape.filled([2, 3, 4, 5].map((id) => trade(id)));
  expect([told, lost]).toEqual([[1, 2, 3, 4, 5], 0]);
});

test('aggregates have ids of their own: trades that are in no aggregate are not missing', () => {
  tape.take(trade(12, { firstId: 10, aggregateId: 1 }));
  tape.take(trade(16, { firstId: 15, aggregateId: 2 }));
  tape.take(trade(30, { firstId: 20, aggregateId: 4 }));
  pass(400);
  expect(told).toEqual([12, 16]);
  expect(asked).toMatchObject([{ from: 3, to: 3, isAggregate: true }]);
});

test('past trades are ignored at the first subscription, and fill the hole after a reconnect', () => {
  for (const id of [3, 1, 2]) tape.take(trade(id, { isPast: true }));
  tape.take(trade(4));
  for (const id of [3, 4, 5, 6]) tape.take(trade(id, { isPast: true }));
  tape.take(trade(7));
  expect([told, lost]).toEqual([[4, 5, 6, 7], 0]);
});

test('an insurance fund print is neither a trade nor a hole; an id reset is followed', () => {
  tape.take(trade(1));
  tape.take(trade(2, { kind: 'INSURANCE_FUND' }));
  tape.take(trade(3));
  tape.take(trade(1, { eventTime: 9_000 }));
  tape.take(trade(2, { eventTime: 9_001 }));
  // A repeated trade with an id from before the reset.
  tape.take(trade(3));
  expect([told, lost]).toEqual([[1, 3, 1, 2], 0]);
  // Nothing counts the trades between the last old id and the first new one.
  expect(unknown).toEqual([[1_003, 9_000]]);
});

test('a trade whose id does not count is reported once by its key', () => {
  for (const key of ['a', 'b', 'a']) tape.take(trade(0, { id: undefined, key }));
  expect(told).toHaveLength(2);
});
