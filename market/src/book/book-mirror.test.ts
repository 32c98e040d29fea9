import { expect, test } from 'vitest';

import type { Level } from '../number/level.ts';
import type { BookDeltaMessage, BookSnapshotMessage } from '../wire/book.ts';
import { BookMirror } from './book-mirror.ts';
import { bookChecksum } from './checksum.ts';
import { epochWord, finishDigest, levelWord } from './digest.ts';

function digestOf(bids: readonly Level[], asks: readonly Level[], at: number): number {
  let sum = epochWord('e');
  for (const [price, size] of bids) sum += levelWord('bid', price, size);
  for (const [price, size] of asks) sum += levelWord('ask', price, size);
  return finishDigest(sum, at, at * 10);
}

function snapshot(sequence: number, bids: Level[], asks: Level[]): BookSnapshotMessage {
  return {
    type: 'book-snapshot',
    channel: 1,
    epoch: 'e',
    sequence,
    eventTime: sequence * 10,
    receiveTime: 0,
    sendTime: 0,
    bids,
    asks,
    checksum: bookChecksum(asks, bids),
    digest: digestOf(bids, asks, sequence),
  };
}

function delta(
  previous: number,
  sequence: number,
  bids: Level[],
  digest?: number,
): BookDeltaMessage {
  return {
    type: 'book-delta',
    channel: 1,
    previous,
    sequence,
    merged: sequence - previous,
    eventTime: sequence * 10,
    sendTime: 0,
    bids,
    asks: [],
    ...(digest === undefined ? {} : { digest }),
  };
}

const BIDS: Level[] = [
  [10, 5],
  [9, 5],
];
const ASKS: Level[] = [[11, 5]];

test('a new mirror is not ok until a valid snapshot', () => {
  const mirror = new BookMirror();
  expect(mirror.state).toBe('syncing');
  expect(mirror.applyDelta(delta(0, 1, [[1, 1]]))).toBe('dropped');
  expect(mirror.applySnapshot(snapshot(5, BIDS, ASKS))).toBe('applied');
  expect(mirror.state).toBe('ok');
});

test('P9: the next delta is applied, an old one ignored, any other is a gap until a snapshot', () => {
  const mirror = new BookMirror();
  mirror.applySnapshot(snapshot(5, BIDS, ASKS));
  expect(mirror.applyDelta(delta(5, 8, [[10, 6]]))).toBe('applied');
  expect(mirror.applyDelta(delta(5, 8, [[10, 7]]))).toBe('old');
  expect(mirror.book.bids.sizeOf(10)).toBe(6);
  expect(mirror.applyDelta(delta(9, 10, []))).toBe('gap');
  expect([mirror.state, mirror.reason, mirror.gap]).toEqual([
    'stale',
    'upstream-gap',
    { from: 8, to: 9 },
  ]);
  expect(mirror.applyDelta(delta(8, 11, []))).toBe('dropped');
  expect(mirror.applySnapshot(snapshot(12, BIDS, ASKS))).toBe('applied');
  expect([mirror.state, mirror.gap]).toEqual(['ok', undefined]);
});

test('P9: a delta that overlaps the local sequence is a gap and is not partly applied', () => {
  const mirror = new BookMirror();
  mirror.applySnapshot(snapshot(5, BIDS, ASKS));
  expect(mirror.applyDelta(delta(4, 6, [[10, 0]]))).toBe('gap');
  expect(mirror.book.bids.sizeOf(10)).toBe(5);
});

test('P14: a snapshot with a bad checksum is not trusted', () => {
  const mirror = new BookMirror();
  const bad = { ...snapshot(5, BIDS, ASKS), checksum: 1 };
  expect(mirror.applySnapshot(bad)).toBe('checksum');
  expect(mirror.state).toBe('stale');
});

test('P14a: the digest detects a wrong level below the checksum depth', () => {
  const mirror = new BookMirror();
  mirror.applySnapshot(snapshot(5, BIDS, ASKS));
  const right = digestOf(
    [
      [10, 5],
      [9, 7],
    ],
    ASKS,
    6,
  );
  expect(mirror.applyDelta(delta(5, 6, [[9, 7]], right))).toBe('applied');
  const next = digestOf(
    [
      [10, 5],
      [9, 8],
    ],
    ASKS,
    7,
  );
  expect(mirror.applyDelta(delta(6, 7, [[9, 9]], next))).toBe('checksum');
  expect(mirror.state).toBe('stale');
});

test.each([
  [
    'bids out of order',
    [
      [9, 1],
      [10, 1],
    ],
  ],
  ['a size of zero', [[9, 0]]],
] as [string, Level[]][])('a snapshot with %s is not believed', (_, bids) => {
  const mirror = new BookMirror();
  expect(mirror.applySnapshot(snapshot(5, bids, ASKS))).toBe('checksum');
});

test('P20: a matching heartbeat means a quiet market, any other a loss', () => {
  const mirror = new BookMirror();
  mirror.applySnapshot(snapshot(5, BIDS, ASKS));
  expect(mirror.heartbeat(5)).toBe('quiet');
  expect(mirror.heartbeat(6)).toBe('gap');
  expect(mirror.state).toBe('stale');
});

test('the state that the feed declares overrides a book that is in sequence', () => {
  const mirror = new BookMirror();
  mirror.applySnapshot(snapshot(5, BIDS, ASKS));
  mirror.declare('halted', 'halt');
  expect([mirror.state, mirror.reason]).toEqual(['halted', 'halt']);
  expect(mirror.applyDelta(delta(5, 6, []))).toBe('applied');
  mirror.declare('ok', 'halt');
  expect([mirror.state, mirror.reason]).toEqual(['ok', undefined]);
  mirror.reset('seek');
  expect([mirror.state, mirror.reason]).toEqual(['syncing', 'seek']);
});

test('a lost frame is a gap', () => {
  const mirror = new BookMirror();
  mirror.applySnapshot(snapshot(5, BIDS, ASKS));
  expect(mirror.lose()).toBe('gap');
  expect(mirror.state).toBe('stale');
});
