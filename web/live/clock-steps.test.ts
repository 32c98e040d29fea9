/* H7: what the page remembers for a time, it remembers that long, whatever the wall clock does. */
import { expect, test, vi } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { FeedAddress } from '../http/feed-address.ts';
import { RecentTimes } from './model/recent-times.ts';
import { EventStream } from './stream/event-stream.ts';

const STEPS = [-600_000, 3_600_000, -7_200_000];

test.each(STEPS)('the address that worked is preferred for a minute (%i ms)', (step) => {
  const clock = new ManualClock();
  const address = new FeedAddress(clock);
  address.note('same-origin');
  clock.stepWall(step);
  clock.advance(59_000);
  expect(address.prefersSameOrigin).toBe(true);
  clock.advance(2_000);
  expect(address.prefersSameOrigin).toBe(false);
});

test.each(STEPS)('the durations kept are those of the last minute (%i ms)', (step) => {
  const clock = new ManualClock();
  const times = new RecentTimes();
  times.add(clock.monotonic(), 40);
  clock.stepWall(step);
  clock.advance(59_000);
  expect(times.percentiles(clock.monotonic(), 0.5)).toEqual([40]);
  clock.advance(2_000);
  expect(times.percentiles(clock.monotonic(), 0.5)).toBeUndefined();
});

test.each(STEPS)(
  'a page that polls its events tries the stream again after a minute (%i ms)',
  async (step) => {
    const clock = new ManualClock();
    const asked: string[] = [];
    const stream = new EventStream({
      clock,
      random: new Random(1),
      isPolled: false,
      fetch: (path) => {
        asked.push(path.split('?')[0] ?? '');
        if (path.startsWith('/v1/events?')) return Promise.reject(new Error('blocked'));
        return Promise.resolve(
          Response.json({ sync: { from: 'e:1', resume: 'full', lost: 0, now: 1 } }),
        );
      },
      onEvent: () => {},
      onSync: () => {},
    });
    const pass = async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 500) {
        clock.advance(500);
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    stream.follow(undefined);
    await vi.waitFor(async () => {
      await pass(500);
      expect(stream.view.getSnapshot().state).toBe('polling');
    });
    const streams = (): number => asked.filter((path) => path === '/v1/events').length;
    const before = streams();
    clock.stepWall(step);
    await pass(55_000);
    expect(streams()).toBe(before);
    await pass(15_000);
    expect(streams()).toBeGreaterThan(before);
    stream.stop();
  },
);
