import { crc32 } from 'node:zlib';

import { expect, test } from 'vitest';

import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import { OrderBook } from '@tapedeck/market/book/order-book';
import type { Level } from '@tapedeck/market/number/level';
import { Random } from '@tapedeck/market/number/random';

import { makeBookWorkload } from '../../../market/bench/book-workload.ts';
import { HistoryError } from '../database/history-error.ts';
import { DeltaColumns } from '../segment/delta-columns.ts';
import { decodeColumns, encodeColumns } from '../segment/segment-deltas.ts';
import { decodeDeltas, encodeDeltas, encodeKeyframe } from '../segment/segment-format-1.ts';
import { decodeKeyframe, encodeBook } from '../segment/segment-keyframe.ts';
import { openPayload, PayloadSealer, tellKeyframe, toldKeyframe } from '../segment/segment-seal.ts';
import { VarintReader, VarintWriter } from '../segment/varint.ts';

const MAX = Number.MAX_SAFE_INTEGER;

/** Any safe integer, often an edge case. */
function anyInteger(random: Random, low: number): number {
  const pick = random.integer(0, 9);
  if (pick === 0) return low;
  if (pick === 1) return MAX;
  if (pick < 5) return Math.floor(random.next() * MAX) * (low < 0 && random.chance(0.5) ? -1 : 1);
  return Math.max(low, random.integer(-1_000, 1_000_000));
}

function anyLevels(random: Random, most: number): readonly Level[] {
  return Array.from(
    { length: random.integer(0, most) },
    () => [anyInteger(random, -MAX), anyInteger(random, 0)] as const,
  );
}

function anySegment(random: Random): { keyframe: BookSnapshot; deltas: readonly BookDelta[] } {
  const time = (): number => random.integer(0, 2_000_000_000_000);
  let sequence = random.integer(0, 1_000_000);
  const times = (): { eventTime: number; receiveTime: number } => ({
    eventTime: time(),
    receiveTime: time(),
  });
  const keyframe = {
    sequence,
    ...times(),
    bids: anyLevels(random, 30),
    asks: anyLevels(random, 30),
  };
  const deltas = Array.from({ length: random.integer(0, 40) }, () => {
    const previous = random.chance(0.02) ? sequence + 5 : sequence;
    sequence = previous + random.integer(1, 100);
    return {
      previous,
      sequence,
      ...times(),
      bids: anyLevels(random, 5),
      asks: anyLevels(random, 5),
    };
  });
  return { keyframe, deltas };
}

test('H2: any segment of safe integers decodes unchanged', () => {
  const seed = Number(process.env['TAPEDECK_TEST_SEED'] ?? 20_261_120);
  const writer = new VarintWriter(16);
  for (let run = 0; run < 1_500; run++) {
    const random = new Random(seed + run);
    const { keyframe, deltas } = anySegment(random);
    const compress = random.chance(0.5);
    const sealed = (format: 1 | 2, payload: Uint8Array): Uint8Array =>
      openPayload(new PayloadSealer(format).seal(payload, compress)).payload;
    const first = sealed(1, encodeKeyframe(keyframe, writer));
    expect(decodeKeyframe(first), `seed ${seed + run}`).toEqual(keyframe);
    const columns = new DeltaColumns();
    decodeDeltas(sealed(1, encodeDeltas(keyframe, deltas, writer)), columns);
    expect(columns.deltas(), `seed ${seed + run}, format 1`).toEqual(deltas);
    const again = new DeltaColumns();
    decodeColumns(sealed(2, encodeColumns(keyframe, columns, writer)), again);
    expect(again.deltas(), `seed ${seed + run}, format 2`).toEqual(deltas);
  }
});

test('H2: a typical market decodes unchanged, best first and steady', () => {
  const writer = new VarintWriter();
  const { snapshot, deltas } = makeBookWorkload(5, 500, 100);
  const columns = new DeltaColumns();
  for (const delta of deltas) columns.add(delta);
  const payload = encodeColumns(snapshot, columns, writer);
  expect(payload.length).toBeLessThan(encodeDeltas(snapshot, deltas, writer).length * 0.8);
  const again = new DeltaColumns();
  decodeColumns(payload, again);
  expect(again.deltas()).toEqual(deltas);
  // Applied as columns, the deltas give the same book as one by one.
  const books = [new OrderBook(), new OrderBook()] as const;
  for (const book of books) book.applySnapshot(snapshot);
  again.applyRange(books[0], 0, 200);
  again.applyRange(books[0], 200, 500);
  for (const delta of deltas) books[1].applyDelta(delta);
  expect(books[0].snapshot()).toEqual(books[1].snapshot());
});

test('few or many levels out of order are sorted, equal prices stably', () => {
  for (const count of [0, 1, 2, 9, 64, 65, 300]) {
    const random = new Random(count);
    const columns = new DeltaColumns();
    columns.bids.push(1, 1);
    const levels = Array.from(
      { length: count },
      (_, i) => [random.integer(1, 2 * count), i] as const,
    );
    for (const [price, size] of levels) columns.bids.push(price, size);
    columns.bids.order(1);
    const expected = levels.toSorted((a, b) => b[0] - a[0]);
    expect(columns.bids.levels(1, count + 1)).toEqual(expected);
    expect(columns.bids.levels(0, 1)).toEqual([[1, 1]]);
  }
});

test('a keyframe stored as a CRC has the CRC of the whole one', () => {
  const book = new OrderBook();
  const { snapshot } = makeBookWorkload(5, 1, 100);
  book.applySnapshot(snapshot);
  const writer = new VarintWriter();
  const payload = encodeBook(book, writer);
  expect(payload).toEqual(encodeKeyframe(snapshot, writer));
  const told = tellKeyframe(payload, 3, writer);
  expect(told.length).toBeLessThan(32);
  expect(toldKeyframe(told)).toMatchObject({ chain: 3, crc: crc32(payload), sequence: 1 });
  expect(() => toldKeyframe(told.subarray(0, told.length - 1))).toThrow(HistoryError);
  expect(toldKeyframe(new PayloadSealer(1).seal(payload, true))).toBeUndefined();
});

test('varints encode every safe integer and every difference of two', () => {
  const writer = new VarintWriter(1);
  const values = [0, 1, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 48, 2 ** 49, MAX - 1, MAX];
  for (const value of values) writer.unsigned(value);
  for (const a of values) for (const b of values) writer.step(-a, b);
  const reader = new VarintReader(writer.bytes());
  for (const value of values) expect(reader.unsigned()).toBe(value);
  for (const a of values) for (const b of values) expect(reader.step(b)).toBe(0 - a);
  expect(reader.atEnd).toBe(true);
});

test('a size unit is found, so that round sizes cost a byte', () => {
  const writer = new VarintWriter();
  const book = (lots: number): BookSnapshot => ({
    sequence: 1,
    eventTime: 1,
    receiveTime: 1,
    bids: Array.from({ length: 100 }, (_, i) => [1_000 - i, (i + 1) * lots] as const),
    asks: [],
  });
  const coarse = encodeKeyframe(book(10_000_000), writer).length;
  const fine = encodeKeyframe(book(1), writer).length;
  expect(coarse).toBeLessThan(fine + 8);
});

test('compressible deltas are compressed, and decode unchanged', () => {
  const { snapshot, deltas } = makeBookWorkload(5, 200, 100);
  const columns = new DeltaColumns();
  // Round sizes, as real ones are.
  for (const delta of deltas) {
    const round = (side: readonly Level[]): Level[] =>
      side.map(([price, size]) => [price, size % 7]);
    columns.add({ ...delta, bids: round(delta.bids), asks: round(delta.asks) });
  }
  const payload = encodeColumns(snapshot, columns, new VarintWriter());
  const blob = new PayloadSealer(2).seal(payload, true);
  expect(blob.length).toBeLessThan(payload.length * 0.84);
  expect(openPayload(blob)).toEqual({ format: 2, payload: Buffer.from(payload) });
  for (let at = 6; at < blob.length; at += 7) {
    const changed = Buffer.from(blob);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    expect(() => openPayload(changed)).toThrow(HistoryError);
  }
});

test('every changed byte of a blob is detected, never decoded into another book', () => {
  const random = new Random(5);
  const { keyframe } = anySegment(random);
  for (const compress of [false, true]) {
    const blob = new PayloadSealer(1).seal(encodeKeyframe(keyframe, new VarintWriter()), compress);
    for (let at = 0; at < blob.length; at++) {
      const changed = Buffer.from(blob);
      changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(0, 7));
      try {
        // An unused flag bit may flip without effect; anything else must throw.
        expect(decodeKeyframe(openPayload(changed).payload)).toEqual(keyframe);
      } catch (error) {
        expect(error).toBeInstanceOf(HistoryError);
      }
    }
    expect(() => openPayload(blob.subarray(0, blob.length - 1))).toThrow(HistoryError);
    expect(() => openPayload(blob.subarray(0, 3))).toThrow(/cut short/);
  }
});
