import { expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';

import { PacedWork } from './paced-work.ts';

const REST_MS = 250;

function rig() {
  const clock = new ManualClock();
  const starts: number[] = [];
  const ends: (() => void)[] = [];
  const pace = new PacedWork({
    clock,
    restMs: REST_MS,
    work: () => {
      starts.push(clock.monotonic());
      return new Promise((resolve) => ends.push(resolve));
    },
  });
  const end = async (): Promise<void> => {
    ends.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { clock, starts, pace, end };
}

test('the first request runs at once; those during a run and its rest become one run after the rest', async () => {
  const { clock, starts, pace, end } = rig();
  const began = clock.monotonic();
  pace.ask();
  expect(starts).toEqual([began]);
  clock.advance(40);
  pace.ask();
  pace.ask();
  await end();
  clock.advance(100);
  pace.ask();
  expect(starts).toHaveLength(1);
  clock.advance(150);
  expect(starts).toEqual([began, began + 40 + REST_MS]);
  await end();
  clock.advance(10 * REST_MS);
  expect(starts).toHaveLength(2);
  pace.ask();
  expect(starts).toHaveLength(3);
});

test('after a stop no run begins', async () => {
  const { clock, starts, pace, end } = rig();
  pace.ask();
  pace.ask();
  await end();
  pace.stop();
  clock.advance(10 * REST_MS);
  pace.ask();
  expect(starts).toHaveLength(1);
});
