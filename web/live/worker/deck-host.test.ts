/* Which pages share an engine, how long it lives, and how a page ends that cannot say so. */
import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import { later, ManualClock, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { FromDeckWorker, ToDeckWorker } from '../model/deck-port.ts';
import { DeckEngine } from './deck-engine.ts';
import { DeckHost } from './deck-host.ts';
import { LADDER } from './test-engine-bench.ts';

const START = {
  type: 'start',
  addresses: { direct: 'http://feed:8080', sameOrigin: 'http://web:3000' },
  preferSameOrigin: false,
  token: undefined,
  replayId: undefined,
} as const;
const MINUTE_MS = 60_000;

class Rig {
  readonly clock = new ManualClock();
  readonly dialled: string[] = [];
  /** By name of the lock: what its freeing calls. */
  readonly locks = new Map<string, () => void>();
  readonly host = new DeckHost({
    clock: this.clock,
    createEngine: () =>
      new DeckEngine({
        isShared: true,
        fetch: () => Promise.reject(new Error('no events here')),
        clock: this.clock,
        random: new Random(1),
        openSocket: (url) => {
          this.dialled.push(url);
          return { send: () => {}, drop: () => {} };
        },
        loadFallback: () => Promise.reject(new Error('not needed')),
        probe: () => Promise.resolve(true),
      }),
    onLockFree: (name, then) => {
      this.locks.set(name, then);
      return () => void this.locks.delete(name);
    },
  });

  page(aheadMs = 0): { hear: (message: ToDeckWorker) => void; heard: FromDeckWorker[] } {
    const heard: FromDeckWorker[] = [];
    const port = this.host.connect((message) => void heard.push(message));
    const now = (): MonotonicMs => later(this.clock.monotonic(), aheadMs);
    return { hear: (message) => port.hear({ ...message, now: now() }), heard };
  }
}

test('messages before the start wait for it', () => {
  const rig = new Rig();
  const page = rig.page();
  page.hear({ type: 'visible', visible: true });
  page.hear({ type: 'watch', key: 'l', topic: LADDER });
  expect([page.heard.length, rig.dialled.length]).toEqual([0, 0]);
  page.hear(START);
  rig.clock.advance(1);
  expect(rig.dialled).toEqual(['ws://feed:8080/v1/stream']);
  expect(page.heard.at(-1)).toMatchObject({ type: 'batch', topics: [{ key: 'l' }] });
});

test('pages of one market share a link; a replay, a token or an address of its own is another', () => {
  const rig = new Rig();
  for (let i = 0; i < 10; i++) rig.page().hear({ ...START, preferSameOrigin: i > 5 });
  expect(rig.dialled).toHaveLength(1);
  rig.page().hear({ ...START, replayId: 'r1' });
  rig.page().hear({ ...START, replayId: 'r1' });
  rig.page().hear({ ...START, replayId: 'r2' });
  rig.page().hear({ ...START, token: 't' });
  const addresses = { ...START.addresses, direct: undefined };
  rig.page().hear({ ...START, addresses });
  expect(rig.host.counts).toEqual({ engines: 5, ports: 15 });
  expect(rig.dialled).toHaveLength(5);
});

test('the last page’s link outlives a reload and no more', () => {
  const rig = new Rig();
  const [first, second] = [rig.page(), rig.page()];
  first.hear(START);
  second.hear(START);
  first.hear({ type: 'stop' });
  rig.clock.advance(10_000);
  expect(rig.host.counts).toEqual({ engines: 1, ports: 1 });
  second.hear({ type: 'stop' });
  rig.clock.advance(1_000);
  const reloaded = rig.page();
  reloaded.hear(START);
  rig.clock.advance(10_000);
  expect(rig.host.counts).toEqual({ engines: 1, ports: 1 });
  expect(reloaded.heard.some(({ type }) => type === 'figures')).toBe(true);
  reloaded.hear({ type: 'stop' });
  rig.clock.advance(2_900);
  expect(rig.host.counts).toEqual({ engines: 1, ports: 0 });
  rig.clock.advance(200);
  expect(rig.host.counts).toEqual({ engines: 0, ports: 0 });
  const dials = rig.dialled.length;
  rig.clock.advance(60_000);
  expect(rig.dialled.length).toBe(dials);
});

test('a page that dies frees its lock: its port ends with it', () => {
  const rig = new Rig();
  const page = rig.page();
  page.hear({ type: 'lock', name: 'a' });
  page.hear(START);
  rig.locks.get('a')?.();
  expect(rig.host.counts).toEqual({ engines: 1, ports: 0 });
  rig.clock.advance(3_000);
  expect(rig.host.counts).toEqual({ engines: 0, ports: 0 });
});

test('a page that stops leaves no request for its lock', () => {
  const rig = new Rig();
  const page = rig.page();
  page.hear({ type: 'lock', name: 'a' });
  page.hear({ type: 'stop' });
  expect([...rig.locks.keys()]).toEqual([]);
});

test('without locks a page without a sign of life for minutes is given up, and told so when it is back', () => {
  const rig = new Rig();
  const [silent, living] = [rig.page(), rig.page()];
  silent.hear(START);
  living.hear(START);
  for (let i = 0; i < 20; i++) {
    rig.clock.advance(MINUTE_MS / 2);
    living.hear({ type: 'here' });
  }
  expect(rig.host.counts).toEqual({ engines: 1, ports: 1 });
  const before = silent.heard.length;
  rig.clock.advance(MINUTE_MS);
  expect(silent.heard.length).toBe(before);
  silent.hear({ type: 'here' });
  silent.hear({ type: 'here' });
  expect(silent.heard.slice(before)).toEqual([{ type: 'gone' }]);
});

test.each([10_000, -10_000])(
  'H7: on a page whose clock is %i ms ahead of the worker’s nothing is younger than it is, or from the future',
  (aheadMs) => {
    const rig = new Rig();
    const port: FromDeckWorker[] = [];
    const page = rig.host.connect((message) => void port.push(message));
    const pageNow = (): MonotonicMs => later(rig.clock.monotonic(), aheadMs);
    /** A message under way for `delayMs`. */
    const send = (message: ToDeckWorker, delayMs: number): void => {
      const now = pageNow();
      rig.clock.advance(delayMs);
      page.hear({ ...message, now });
    };
    const since = (): number => {
      const batch = port.findLast((message) => message.type === 'batch');
      return batch?.type === 'batch' ? (batch.topics[0]?.health.since ?? NaN) : NaN;
    };
    send({ type: 'watch', key: 'l', topic: LADDER }, 400);
    send(START, 300);
    const began = pageNow();
    rig.clock.advance(1);
    // The worker's start delayed the first messages: its times look that much older.
    expect(since()).toBe(began - 300);
    send({ type: 'visible', visible: true }, 0);
    send({ type: 'unwatch', key: 'l' }, 70);
    send({ type: 'watch', key: 'l', topic: LADDER }, 5);
    const again = pageNow();
    rig.clock.advance(1);
    expect(since()).toBe(again);
    expect(since()).toBeLessThanOrEqual(pageNow());
  },
);
