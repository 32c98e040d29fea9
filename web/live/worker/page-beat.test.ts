import { expect, test } from 'vitest';

import { later, ManualClock } from '@tapedeck/market/time/clock';

import { PageBeat } from './page-beat.ts';

class Rig {
  readonly clock = new ManualClock();
  readonly start = this.clock.monotonic();
  readonly beats: number[] = [];
  readonly beat = new PageBeat(this.clock, (now) => void this.beats.push(now - this.start));

  askFor(ms: number): void {
    for (let i = 0; i < ms; i++) {
      this.beat.ask();
      this.clock.advance(1);
    }
  }
}

test('whatever arrives and however often, a page changes ten times a second', () => {
  const rig = new Rig();
  rig.askFor(2_000);
  expect(rig.beats).toHaveLength(20);
});

test('topics of different phases are posted together: the first waits for those of the same flush', () => {
  const rig = new Rig();
  rig.beat.ask();
  rig.clock.advance(5);
  rig.beat.ask();
  rig.clock.advance(50);
  expect(rig.beats).toEqual([8]);
});

test('ten flushes a second of the feed are ten beats, though they come a little early or late', () => {
  const rig = new Rig();
  for (let i = 0; i < 20; i++) {
    const jitterMs = [0, 3, -4, 6, -2][i % 5] ?? 0;
    rig.clock.advance(100 * i + 10 + jitterMs - (rig.clock.monotonic() - rig.start));
    rig.beat.ask();
  }
  rig.clock.advance(200);
  expect(rig.beats).toHaveLength(20);
});

test('what may be untrue, or what the user waits for, does not wait for the beat, and moves it', () => {
  const rig = new Rig();
  rig.beat.ask();
  rig.clock.advance(20);
  rig.beat.ask();
  rig.beat.hurry();
  rig.beat.hurry();
  rig.clock.advance(0);
  expect(rig.beats).toEqual([8, 20]);
  rig.beat.ask();
  rig.clock.advance(200);
  expect(rig.beats).toEqual([8, 20, 120]);
});

test('a view that is due later waits, unless another brings the beat forward', () => {
  const rig = new Rig();
  rig.beat.ask(later(rig.start, 250));
  rig.clock.advance(200);
  expect(rig.beats).toEqual([]);
  rig.beat.ask();
  rig.clock.advance(200);
  expect(rig.beats).toEqual([208]);
});

test('a wall clock that steps back or forward changes no beat', () => {
  const rig = new Rig();
  for (const stepMs of [-600_000, 3_600_000, -7_200_000]) {
    rig.askFor(300);
    rig.clock.stepWall(stepMs);
  }
  rig.askFor(100);
  expect(rig.beats).toHaveLength(10);
});

test('a ladder for every frame has its rate', () => {
  const rig = new Rig();
  rig.beat.periodMs = 1_000 / 60;
  rig.askFor(1_000);
  expect(rig.beats.length).toBeGreaterThan(55);
  expect(rig.beats.length).toBeLessThanOrEqual(61);
});
