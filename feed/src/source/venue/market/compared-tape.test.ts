import { beforeEach, expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';

import type { VenueTrade } from '../../../venue/venue-event.ts';
import { ComparedTape } from './compared-tape.ts';

let clock: ManualClock;
let tape: ComparedTape;
let told: (string | undefined)[];
let asked: number[];
let unknown: (readonly [number, number])[];

beforeEach(() => {
  clock = new ManualClock();
  told = [];
  asked = [];
  unknown = [];
  tape = new ComparedTape('X', clock, 15_000, {
    trade: ({ key }) => void told.push(key),
    ask: ({ after }) => void asked.push(after),
    lost: () => undefined,
    unknown: (from, to) => void unknown.push([from, to]),
  });
  tape.linked();
});

/** Its time is its number. */
function trade(key: number): VenueTrade {
  const rest = { price: '1', size: '1', aggressor: 'buy', kind: 'MARKET' } as const;
  return { type: 'trade', id: undefined, key: String(key), eventTime: key, ...rest };
}

function pass(ms: number): void {
  for (let i = 0; i < ms; i += 100) {
    clock.advance(100);
    tape.tick();
  }
}

test('V12: each trade is reported once, and what a list has in addition is reported late', () => {
  for (const key of [5, 6, 6, 9, 5]) tape.take(trade(key));
  expect(told).toEqual(['5', '6', '9']);
  pass(14_000);
  expect(asked).toEqual([]);
  pass(1_500);
  expect(asked).toEqual([9]);
  // 3 and 4 are from before the first trade; 10 is on its way on the stream.
  tape.filled([3, 4, 5, 6, 7, 8, 9, 10].map(trade));
  tape.take(trade(10));
  expect(told).toEqual(['5', '6', '9', '7', '8', '10']);
  expect(unknown).toEqual([]);
});

test('V12: after an interruption later trades wait for the missing ones', () => {
  tape.take(trade(1));
  tape.unlinked();
  pass(2_000);
  tape.linked();
  tape.take(trade(5));
  pass(400);
  expect([told, asked]).toEqual([['1'], [1]]);
  tape.filled([1, 3, 4, 5].map(trade));
  tape.take(trade(6));
  expect([told, unknown]).toEqual([['1', '3', '4', '5', '6'], []]);
});

test('V12: while a stream is interrupted the list is read again and again', () => {
  tape.take(trade(1));
  tape.unlinked();
  pass(5_200);
  tape.filled([1, 2, 3].map(trade));
  pass(5_200);
  tape.filled([3, 4].map(trade));
  expect([told, asked]).toEqual([
    ['1', '2', '3', '4'],
    [1, 3],
  ]);
  tape.linked();
  tape.take(trade(6));
  pass(400);
  tape.filled([4, 5, 6].map(trade));
  expect([told.slice(4), unknown]).toEqual([['5', '6'], []]);
});

test('V12: a list that does not reach back to the interruption leaves an unknown number missing', () => {
  tape.take(trade(10));
  tape.unlinked();
  tape.linked();
  tape.take(trade(50));
  pass(400);
  tape.filled([40, 45, 50].map(trade));
  expect(told).toEqual(['10', '40', '45', '50']);
  expect(unknown).toEqual([[10, 40]]);
});

test('V12: without an answer trades wait for at most 5 s, and after 2 min the gap is reported', () => {
  tape.take(trade(10));
  tape.unlinked();
  tape.linked();
  tape.take(trade(50));
  pass(5_200);
  expect(told).toEqual(['10', '50']);
  for (let i = 0; i < 70; i++) {
    pass(2_000);
    tape.filled(undefined);
  }
  expect(unknown).toEqual([[10, 50]]);
});

test('trades that the venue sends with a subscription are of before, or fill an interruption', () => {
  for (const key of [1, 2]) tape.take({ ...trade(key), isPast: true });
  tape.take(trade(3));
  tape.unlinked();
  tape.linked();
  for (const key of [2, 3, 4]) tape.take({ ...trade(key), isPast: true });
  tape.take(trade(5));
  pass(400);
  tape.filled([1, 2, 3, 4, 5].map(trade));
  expect([told, unknown]).toEqual([['3', '4', '5'], []]);
});

test('a list that has other keys for the same trades is not compared', () => {
  for (const key of [1, 2, 3]) tape.take(trade(key));
  pass(15_200);
  tape.filled([1, 2, 3].map((key) => ({ ...trade(key), key: `other ${key}` })));
  expect(told).toEqual(['1', '2', '3']);
});

test('a list that is behind the stream is read again', () => {
  tape.take(trade(1));
  tape.unlinked();
  tape.linked();
  tape.take(trade(9));
  pass(400);
  tape.filled([1, 2].map(trade));
  pass(2_200);
  expect(asked).toHaveLength(2);
  tape.filled([1, 2, 7, 9].map(trade));
  expect([told, unknown]).toEqual([['1', '2', '7', '9'], []]);
});
