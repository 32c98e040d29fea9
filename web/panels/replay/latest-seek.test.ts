import { expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';

import { LatestSeek, SEEK_PERIOD_MS } from './latest-seek.ts';

/** A feed that answers on demand. */
function rig() {
  const clock = new ManualClock();
  const asked: number[] = [];
  const answers: (() => void)[] = [];
  let rests = 0;
  const seek = new LatestSeek({
    clock,
    seek: (to) => {
      asked.push(to);
      return new Promise((resolve) => answers.push(resolve));
    },
    onRest: () => rests++,
  });
  const answer = async (): Promise<void> => {
    answers.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
  };
  return { clock, asked, seek, answer, rests: () => rests };
}

test('a drag seeks to the pointer more than ten times a second, and never to a place it has left', async () => {
  const { clock, asked, seek, answer } = rig();
  for (let at = 0; at < 1_000; at += 10) {
    seek.move(at);
    await answer();
    clock.advance(10);
  }
  expect(asked.length).toBeGreaterThanOrEqual(11);
  expect(asked.length).toBeLessThanOrEqual(1_000 / SEEK_PERIOD_MS + 1);
  expect(asked).toEqual(asked.toSorted((a, b) => a - b));
});

test('a slow feed gets one seek at a time: the newest, with no queue behind it', async () => {
  const { clock, asked, seek, answer, rests } = rig();
  for (let at = 0; at < 100; at++) {
    seek.move(at);
    clock.advance(20);
  }
  expect(asked).toEqual([0]);
  await answer();
  expect(asked).toEqual([0, 99]);
  expect(rests()).toBe(0);
  await answer();
  expect(rests()).toBe(1);
  clock.advance(10_000);
  expect(asked).toEqual([0, 99]);
});

test('a release seeks the exact moment at once, whatever the period', async () => {
  const { asked, seek, answer, rests } = rig();
  seek.move(10);
  await answer();
  seek.move(20);
  seek.release(21);
  expect(asked).toEqual([10, 21]);
  await answer();
  expect(rests()).toBe(2);
});
