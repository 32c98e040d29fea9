import { expect, test } from 'vitest';

import { Random } from '../number/random.ts';
import type { MonotonicMs } from './clock.ts';
import { ReplayClock } from './replay-clock.ts';

const mono = (ms: number) => ms as MonotonicMs;

const RANGE = { from: 1_000, to: 11_000 };

test('P27: session time advances by real time times speed', () => {
  const clock = ReplayClock.at(RANGE, 2_000).withSpeed(mono(0), 4).play(mono(100));
  expect(clock.timeAt(mono(100))).toBe(2_000);
  expect(clock.timeAt(mono(350))).toBe(3_000);
  expect(clock.withSpeed(mono(350), 0.5).timeAt(mono(1_350))).toBe(3_500);
  expect(clock.pause(mono(350)).timeAt(mono(99_999))).toBe(3_000);
});

test('session time stays within the session and never goes backwards', () => {
  const clock = ReplayClock.at(RANGE, 0).play(mono(1_000));
  expect(clock.timeAt(mono(1_000))).toBe(1_000);
  expect(clock.timeAt(mono(500))).toBe(1_000);
  expect(clock.timeAt(mono(999_999))).toBe(11_000);
  expect(clock.endedAt(mono(999_999))).toBe(true);
  expect(clock.seek(mono(1_000), 99_999).timeAt(mono(1_000))).toBe(11_000);
});

test('no command but seek changes the current session time (seed 5)', () => {
  const random = new Random(5);
  let clock = ReplayClock.at(RANGE, 3_000);
  let now = 0;
  for (let i = 0; i < 2_000; i++) {
    now += random.integer(0, 300);
    const before = clock.timeAt(mono(now));
    const command = random.integer(0, 3);
    if (command === 0) clock = clock.play(mono(now));
    if (command === 1) clock = clock.pause(mono(now));
    if (command === 2) clock = clock.withSpeed(mono(now), random.pick([0.1, 1, 7.5, 1_000]));
    if (command === 3) clock = clock.seek(mono(now), before);
    expect(clock.timeAt(mono(now))).toBe(before);
  }
});
