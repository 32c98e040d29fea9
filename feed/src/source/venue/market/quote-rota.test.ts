import { expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';

import { QuoteRota } from './quote-rota.ts';

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `M${i}`);

test('ten markets are all quoted, and stay so', () => {
  const clock = new ManualClock();
  const rota = new QuoteRota();
  expect(rota.tick(clock.monotonic(), names(10))).toEqual({ add: names(10), remove: [] });
  clock.advance(600_000);
  expect(rota.tick(clock.monotonic(), names(10))).toBeUndefined();
  expect(rota.tick(clock.monotonic(), names(9))).toEqual({ add: [], remove: ['M9'] });
});

test('V6: of 200 markets ten are quoted at a time, and each within five minutes', () => {
  const clock = new ManualClock();
  const rota = new QuoteRota();
  const markets = names(200);
  const quoted = new Set<string>();
  const seen = new Set<string>();
  let changes = 0;
  for (let passed = 0; passed < 300_000; passed += 200) {
    const change = rota.tick(clock.monotonic(), markets);
    for (const market of change?.remove ?? []) quoted.delete(market);
    for (const market of change?.add ?? []) {
      seen.add(market);
      quoted.add(market);
    }
    expect(quoted.size).toBe(10);
    if (change !== undefined) changes++;
    clock.advance(200);
  }
  expect(seen.size).toBe(200);
  expect(changes).toBe(20);
});
