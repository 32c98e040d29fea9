import { expect, test } from 'vitest';

import fixture from '../../fixtures/checksum-vectors.json' with { type: 'json' };
import { DecimalScale } from '../number/decimal.ts';
import type { Level } from '../number/level.ts';
import { bookChecksum, crc32 } from './checksum.ts';
import type { TextLevel } from './text-level.ts';
import { krakenChecksum, okxChecksum } from './venue-checksum.ts';

type Vector = {
  readonly id: string;
  readonly venue: 'kraken' | 'okx';
  readonly asks: readonly TextLevel[];
  readonly bids: readonly TextLevel[];
  readonly expected: number;
};
type LiveVector = {
  readonly id: string;
  readonly depth: number;
  readonly messages: readonly string[];
  readonly expected: readonly number[];
};

const vectors = fixture as unknown as readonly (Vector | LiveVector)[];
const still = vectors.filter((vector): vector is Vector => !('messages' in vector));
const live = vectors.filter((vector): vector is LiveVector => 'messages' in vector);

test('CRC-32 gives the standard check value', () => {
  expect(crc32('123456789')).toBe(0xcbf4_3926);
});

test.each(still.map((vector) => [vector.id, vector] as const))('vector %s', (_, vector) => {
  const checksum = vector.venue === 'kraken' ? krakenChecksum : okxChecksum;
  expect(checksum(vector.asks, vector.bids)).toBe(vector.expected);
});

test.each(live.map((vector) => [vector.id, vector] as const))('live vector %s', (_, vector) => {
  const asks = new Map<string, string>();
  const bids = new Map<string, string>();
  const sums: number[] = [];
  for (const message of vector.messages) {
    const [, ...bodies] = JSON.parse(message) as [number, ...unknown[]];
    for (const body of bodies) {
      if (typeof body !== 'object' || body === null) continue;
      const parts = body as Record<string, readonly string[][] | string>;
      update(asks, parts['as'] ?? parts['a']);
      update(bids, parts['bs'] ?? parts['b']);
      if (typeof parts['c'] !== 'string') continue;
      sums.push(krakenChecksum(best(asks, 1, vector.depth), best(bids, -1, vector.depth)));
      expect(sums.at(-1)).toBe(Number(parts['c']));
    }
  }
  expect(sums).toEqual(vector.expected);
});

function update(side: Map<string, string>, levels: readonly string[][] | string | undefined): void {
  if (levels === undefined || typeof levels === 'string') return;
  for (const [price = '', size = ''] of levels) {
    if (Number(size) === 0) side.delete(price);
    else side.set(price, size);
  }
}

/** Truncates to the depth after each message, as the venue does. */
function best(side: Map<string, string>, direction: 1 | -1, depth: number): TextLevel[] {
  const sorted = [...side].sort((a, b) => direction * (Number(a[0]) - Number(b[0])));
  for (const [price] of sorted.slice(depth)) side.delete(price);
  return sorted.slice(0, depth);
}

test('P14: ticks and lots give the checksum that Kraken publishes for v2', () => {
  const vector = still.find((each) => each.id === 'kraken-v2-doc') as Vector;
  const price = new DecimalScale('0.1');
  const size = new DecimalScale('0.00000001');
  const levels = (side: readonly TextLevel[]): Level[] =>
    side.map(([p, s]) => [price.toUnits(p), size.toUnits(s)]);
  expect(bookChecksum(levels(vector.asks), levels(vector.bids))).toBe(3_310_070_434);
});

test('P14: an empty book gives 0, and only ten levels per side count', () => {
  expect(bookChecksum([], [])).toBe(0);
  const asks = Array.from({ length: 12 }, (_, i): Level => [100 + i, 1]);
  expect(bookChecksum(asks, [])).toBe(bookChecksum(asks.slice(0, 10), []));
});
