import { expect, test } from 'vitest';

import type { BookDelta, BookSnapshot } from '@tapedeck/market/book-delta';
import type { Level } from '@tapedeck/market/level';
import { Random } from '@tapedeck/market/random';

import { HistoryError } from './history-error.ts';
import {
  decodeDeltas,
  decodeKeyframe,
  encodeDeltas,
  encodeKeyframe,
  openPayload,
  PayloadSealer,
} from './segment-codec.ts';
import { VarintReader, VarintWriter } from './varint.ts';

const MAX = Number.MAX_SAFE_INTEGER;

/** Any safe integer, the edges often. */
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

test('H2: any segment of safe integers comes back as it was', () => {
  const seed = Number(process.env['TAPEDECK_TEST_SEED'] ?? 20_261_120);
  const writer = new VarintWriter(16);
  for (let run = 0; run < 1_500; run++) {
    const random = new Random(seed + run);
    const { keyframe, deltas } = anySegment(random);
    const compress = random.chance(0.5);
    const first = openPayload(new PayloadSealer().seal(encodeKeyframe(keyframe, writer), compress));
    expect(decodeKeyframe(first), `seed ${seed + run}`).toEqual(keyframe);
    const rest = openPayload(
      new PayloadSealer().seal(encodeDeltas(keyframe, deltas, writer), compress),
    );
    expect(decodeDeltas(rest), `seed ${seed + run}`).toEqual(deltas);
  }
});

test('varints hold every safe integer and every step between two of them', () => {
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

test('every changed byte of a blob is found out, never decoded into another book', () => {
  const random = new Random(5);
  const { keyframe } = anySegment(random);
  for (const compress of [false, true]) {
    const blob = new PayloadSealer().seal(encodeKeyframe(keyframe, new VarintWriter()), compress);
    for (let at = 0; at < blob.length; at++) {
      const changed = Buffer.from(blob);
      changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(0, 7));
      try {
        // A flag bit without meaning may flip without harm; anything else must throw.
        expect(decodeKeyframe(openPayload(changed))).toEqual(keyframe);
      } catch (error) {
        expect(error).toBeInstanceOf(HistoryError);
      }
    }
    expect(() => openPayload(blob.subarray(0, blob.length - 1))).toThrow(HistoryError);
    expect(() => openPayload(blob.subarray(0, 3))).toThrow(/cut short/);
  }
});
