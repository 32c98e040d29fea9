import { expect, test } from 'vitest';

import { FlashMemory } from './flash-memory.ts';

const row = (sizeLots: number, priceTicks = 100) => ({ priceTicks, sizeLots });

test('a changed size lights its row for two tenths of a second', () => {
  let now = 0;
  const memory = new FlashMemory(() => now);
  const at = (time: number, rows: readonly ReturnType<typeof row>[]) => {
    now = time;
    return memory.next(rows);
  };
  expect(at(0, [row(1)])).toEqual(new Set());
  expect(at(1_000, [row(2)])).toEqual(new Set([100]));
  expect(at(1_100, [row(2)])).toEqual(new Set([100]));
  expect(at(1_200, [row(2)])).toEqual(new Set());
});

test('a row that changes constantly flashes at most three times a second', () => {
  let now = 0;
  const memory = new FlashMemory(() => now);
  let flashes = 0;
  let wasLit = false;
  for (; now < 10_000; now += 10) {
    const isLit = memory.next([row(now)]).has(100);
    if (isLit && !wasLit) flashes++;
    wasLit = isLit;
  }
  expect(flashes).toBeGreaterThan(10);
  expect(flashes).toBeLessThanOrEqual(30);
});

test('a new price does not flash', () => {
  let now = 0;
  const memory = new FlashMemory(() => now);
  const at = (time: number, rows: readonly ReturnType<typeof row>[]) => {
    now = time;
    return memory.next(rows);
  };
  at(0, [row(1, 100)]);
  expect(at(1_000, [row(5, 101)])).toEqual(new Set());
});
