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

beforeEach(() => {
  clock = new ManualClock();
  told = [];
  asked = [];
  lost = 0;
  tape = new TradeTape('X', clock, {
    trade: ({ id }) => void told.push(id),
    ask: (hole) => void asked.push(hole),
    lost: (count) => void (lost += count),
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

test('V12: a hole is asked for, what came after it waits, and all are told in order', () => {
  for (const id of [1, 2, 6, 7]) tape.take(trade(id));
  expect(told).toEqual([1, 2]);
  pass(400);
  expect(asked).toMatchObject([{ from: 3, to: 5, after: 1_002, isAggregate: false }]);
  tape.filled([trade(3), trade(4), trade(5), trade(6), trade(7)]);
  expect(told).toEqual([1, 2, 3, 4, 5, 6, 7]);
  tape.take(trade(8));
  expect([told.at(-1), lost]).toEqual([8, 0]);
});

test('trades that are only late fill their hole themselves, and duplicates are told once', () => {
  for (const id of [1, 4, 3, 4, 2, 1]) tape.take(trade(id));
  pass(100);
  expect([told, asked, lost]).toEqual([[1, 2, 3, 4], [], 0]);
});

test('a venue that does not answer holds nothing back for more than 5 s; what comes then is told late', () => {
  for (const id of [1, 3]) tape.take(trade(id));
  pass(5_200);
  expect(told).toEqual([1, 3]);
  tape.take(trade(4));
  expect(told).toEqual([1, 3, 4]);
  tape.filled([trade(2), trade(3), trade(4)]);
  expect([told, lost]).toEqual([[1, 3, 4, 2], 0]);
});

test('P17: what the venue has no more is counted', () => {
  for (const id of [1, 5]) tape.take(trade(id));
  pass(400);
  tape.filled([trade(4), trade(5)]);
  expect([told, lost]).toEqual([[1, 4, 5], 2]);
});

test('an archive that is behind its stream is asked again, and not for ever', () => {
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

test('a second hole joins the first', () => {
  for (const id of [1, 3, 5]) tape.take(trade(id));
  pass(400);
  tape.filled([2, 3, 4, 5].map((id) => trade(id)));
  expect([told, lost]).toEqual([[1, 2, 3, 4, 5], 0]);
});

test('aggregates are counted by their own numbers: trades that are in none of them are not missing', () => {
  tape.take(trade(12, { firstId: 10, aggregateId: 1 }));
  tape.take(trade(16, { firstId: 15, aggregateId: 2 }));
  tape.take(trade(30, { firstId: 20, aggregateId: 4 }));
  pass(400);
  expect(told).toEqual([12, 16]);
  expect(asked).toMatchObject([{ from: 3, to: 3, isAggregate: true }]);
});

test('trades of the time before a first subscription are none of this life; after a reconnect they fill the hole', () => {
  for (const id of [3, 1, 2]) tape.take(trade(id, { isPast: true }));
  tape.take(trade(4));
  for (const id of [3, 4, 5, 6]) tape.take(trade(id, { isPast: true }));
  tape.take(trade(7));
  expect([told, lost]).toEqual([[4, 5, 6, 7], 0]);
});

test('an insurance fund is no trader, and no hole either; a venue that counts anew is followed', () => {
  tape.take(trade(1));
  tape.take(trade(2, { kind: 'INSURANCE_FUND' }));
  tape.take(trade(3));
  tape.take(trade(1, { eventTime: 9_000 }));
  tape.take(trade(2, { eventTime: 9_001 }));
  // Told again, of the numbers before.
  tape.take(trade(3));
  expect([told, lost]).toEqual([[1, 3, 1, 2], 0]);
});
