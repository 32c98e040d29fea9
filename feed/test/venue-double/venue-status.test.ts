/* P36: what the status says of the links to a venue, on a manual clock. */
import { afterEach, expect, test } from 'vitest';

import type { VenueStatus } from '@tapedeck/market/wire/venue/venue-body';

import { LIVE_VENUES } from '../../src/venue/live/live-venues.ts';
import { type DoubleName, DOUBLES, VenueRig } from './test-venue-rig.ts';

const HEAL_MS = 15_000;
let rig: VenueRig;
afterEach(() => rig.close());

function begin(name: DoubleName, options: ConstructorParameters<typeof VenueRig>[2] = {}): void {
  rig = new VenueRig(name, 5, options);
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
  rig.run(2_000);
}

const happenings = (): readonly string[] => rig.status().timeline.map(({ what }) => what);

test.each(DOUBLES)('P36: %s: links that are up, with what passes over them', (name) => {
  begin(name);
  const { links, bans, subscriptions, dials, messages, timeline, ...status } = rig.status();
  for (const link of links) {
    expect(link).toMatchObject({ state: 'up', attempts: 0 });
    expect(link).not.toHaveProperty('nextAttemptAt');
    expect(link.upMs).toBeGreaterThan(1_000);
  }
  expect(bans).toEqual([]);
  expect(dials).toEqual({ failed: 0, lost: 0 });
  expect(messages).toBeGreaterThan(10);
  const sum = (key: 'messagesPerSecond' | 'bytesPerSecond'): number =>
    links.reduce((total, link) => total + link[key], 0);
  expect(status.messagesPerSecond).toBeGreaterThan(0);
  expect(Math.abs(sum('messagesPerSecond') - status.messagesPerSecond)).toBeLessThanOrEqual(2);
  expect(Math.abs(sum('bytesPerSecond') - status.bytesPerSecond)).toBeLessThanOrEqual(2);
  const books = subscriptions.filter(({ kind }) => kind === 'book');
  expect(books.map(({ symbol }) => symbol)).toEqual(rig.ids.map((id) => `${id}@${name}`));
  for (const { firstDataMs, waitingMs } of books) {
    expect(firstDataMs).toBeLessThan(2_000);
    expect(waitingMs).toBeNull();
  }
  const kinds = LIVE_VENUES.get(name)?.quote === undefined ? 2 : 3;
  expect(subscriptions.length).toBe(kinds * rig.ids.length);
  expect(new Set(timeline.map(({ what }) => what))).toEqual(new Set(['dialling', 'opened']));
});

test('P36: a link that is refused backs off, with the time of the next attempt, and is up again', () => {
  begin('binance');
  rig.double.faults.upgrades = { status: 502 };
  rig.double.cut(1006);
  rig.run(300);
  const isWaiting = ({ state }: VenueStatus['links'][number]): boolean => state === 'back-off';
  let waiting: VenueStatus['links'][number] | undefined;
  for (let i = 0; i < 40 && (waiting?.attempts ?? 0) < 2; i++) {
    rig.run(50);
    waiting = rig.status().links.find(isWaiting) ?? waiting;
  }
  expect(waiting?.trouble).toContain('502');
  expect(waiting?.nextAttemptAt).toBeGreaterThan(rig.clock.now() - 2_000);
  expect(rig.status().subscriptions.every(({ waitingMs }) => waitingMs === null)).toBe(true);
  expect(rig.problemOf('ETHUSDT')).toBe('no connection: refused 502');
  delete rig.double.faults.upgrades;
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
  const { links, dials } = rig.status();
  expect(links.map(({ state, attempts }) => `${state} ${attempts}`)).toContain('up 0');
  expect(dials.lost).toBe(1);
  expect(dials.failed).toBeGreaterThanOrEqual(2);
  expect(rig.problemOf('ETHUSDT')).toBeUndefined();
});

test('P36b: the timeline says what happened and why; a repeated failure is one entry with a count', () => {
  begin('kraken');
  rig.double.faults.upgrades = { status: 503 };
  rig.double.cut(1012);
  rig.run(60_000);
  delete rig.double.faults.upgrades;
  expect(rig.untilRight(40_000)).toBeDefined();
  expect(happenings()).toEqual(['dialling', 'opened', 'lost', 'failed', 'opened']);
  const [, , lost, failed] = rig.status().timeline;
  expect(lost).toMatchObject({ why: 'closed 1012', count: 1 });
  expect(failed?.why).toBe('refused 503');
  expect(failed?.count).toBeGreaterThan(5);
});

test('P36b: at most 100 events are kept, the newest', () => {
  begin('kraken');
  for (let i = 0; i < 60; i++) {
    rig.double.cut(1000 + i);
    rig.run(2_000);
  }
  const { timeline } = rig.status();
  expect(timeline.length).toBe(100);
  expect(timeline.findLast(({ what }) => what === 'lost')?.why).toBe('closed 1059');
});

test('P36: a ban names its host, its status and its end; nothing is dialled before that', () => {
  begin('kraken');
  rig.double.faults.upgrades = { status: 429, retryAfter: 20 };
  rig.double.cut(1012);
  rig.run(2_000);
  const { bans, links, timeline } = rig.status();
  expect(bans).toMatchObject([{ host: 'double:1', status: 429 }]);
  const until = bans[0]?.until ?? 0;
  expect(until - rig.clock.now()).toBeGreaterThan(17_000);
  expect(links).toMatchObject([{ state: 'banned' }]);
  expect(links[0]?.nextAttemptAt).toBeGreaterThanOrEqual(until);
  expect(timeline.at(-1)).toMatchObject({ what: 'banned', why: 'refused 429' });
  delete rig.double.faults.upgrades;
  rig.run(20_000);
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
  expect(rig.status().bans).toEqual([]);
});

test('P36b: a replaced socket is moving, bridging and moved, and its link never leaves the state up', () => {
  begin('binance', { limits: { socketLifeMs: 20_000 } });
  const states = new Set<string>();
  for (let i = 0; i < 300; i++) {
    rig.run(100);
    for (const { state } of rig.status().links) states.add(state);
  }
  expect([...states].toSorted()).toEqual(['bridging', 'moving', 'up']);
  const first = rig.status().timeline.find(({ what }) => what === 'moving');
  expect(first?.why).toBe('the socket reaches its maximum age');
  expect(happenings()).toEqual(expect.arrayContaining(['moving', 'bridging', 'moved']));
  expect(rig.status().dials).toEqual({ failed: 0, lost: 0 });
});

test('P36: a subscription that is acknowledged and silent shows how long its first data is awaited', () => {
  begin('kraken');
  rig.double.faults.isSilent = true;
  rig.double.cut(1001);
  rig.run(4_000);
  const books = rig.status().subscriptions.filter(({ kind }) => kind === 'book');
  for (const { firstDataMs, waitingMs } of books) {
    expect(firstDataMs).toBeNull();
    expect(waitingMs).toBeGreaterThan(2_500);
  }
  rig.run(6_000);
  expect(happenings()).toContain('resubscribed');
  rig.double.faults.isSilent = false;
});

test('P36a, V16: a venue whose clock is ahead is an offset, and makes no book stale', () => {
  begin('binance-usdm');
  const { clockOffsetMs } = rig.status();
  expect(rig.market('ETHUSDT')?.state).toBe('ok');
  // The double plays a recording: its clock is that of the recorded night.
  const market = rig.double.markets.get('ETHUSDT');
  const offset = (market?.eventTime ?? 0) - rig.clock.now();
  expect(Math.abs((clockOffsetMs ?? 0) - offset)).toBeLessThan(1_000);
});

test('P36a: a lag is not an offset, and without a message there is none', () => {
  begin('binance');
  const before = rig.status().clockOffsetMs;
  rig.double.faults.frame = ({ text }) => [{ text, afterMs: 1_500 }];
  rig.run(4_000);
  expect(rig.status().clockOffsetMs).toBe(before);
  rig.double.faults.frame = () => [];
  rig.run(25_000);
  expect(rig.status().clockOffsetMs).toBeNull();
});

test('P36: checksums are counted as audits, and those that fail', () => {
  begin('kraken');
  const { audits } = rig.status();
  expect(audits.done).toBeGreaterThan(4);
  expect(audits.failed).toBe(0);
  rig.double.faults.frame = ({ text }) => [
    { text: text.replace(/"checksum":\d+/, '"checksum":1'), afterMs: 0 },
  ];
  rig.run(3_000);
  delete rig.double.faults.frame;
  expect(rig.status().audits.failed).toBeGreaterThan(0);
});
