import { expect, test } from 'vitest';

import type { WireFrame } from '../wire/codec/wire-frame.ts';
import { BOOK, FarSide, openBook, TRADES } from './test-far-side.ts';

test('channels subscribed together are one message, sent when the link opens', () => {
  const far = new FarSide();
  far.link.subscribe(BOOK);
  far.link.subscribe(TRADES);
  far.link.start();
  expect(far.sent).toEqual([]);
  far.open();
  expect(far.count('subscribe')).toBe(1);
  expect(far.sent[0]).toMatchObject({ channels: [BOOK, TRADES] });
});

test('P9: a gap makes the channel stale and resyncs only that channel, again after 0.25 s', () => {
  const far = openBook();
  const channel = far.link.subscribe(BOOK);
  far.delta(7, 10, 11);
  expect([channel.phase, channel.sequence]).toEqual(['ok', 11]);
  far.delta(7, 15, 16);
  expect([channel.phase, channel.mirror?.gap]).toEqual(['resyncing', { from: 11, to: 15 }]);
  expect(far.sent.at(-1)).toMatchObject({ type: 'resync', channels: [7] });
  far.delta(7, 16, 17);
  expect(far.count('resync')).toBe(1);
  far.clock.advance(310);
  expect(far.count('resync')).toBe(2);
  far.clock.advance(610);
  expect(far.count('resync')).toBe(3);
  far.snapshot(7, 20);
  expect(channel.phase).toBe('ok');
  far.clock.advance(9_000);
  expect(far.count('resync')).toBe(3);
});

test('P14a: a different digest in a heartbeat detects a loss that sequences do not show', () => {
  const far = openBook();
  const now = far.clock.now();
  far.say({ type: 'heartbeat', now, last: { 7: 10 }, digests: { 7: 1 } });
  expect(far.link.subscribe(BOOK).phase).toBe('resyncing');
  expect(far.count('resync')).toBe(1);
});

test.each<[string, WireFrame]>([
  ['text', '{"type":"book-delta","channel":7,"previous":10'],
  ['bytes', Uint8Array.from([0, 5, 3, 9, 2])],
])('an unreadable frame of %s is a lost frame: every book is resynced', (_, frame) => {
  const far = openBook();
  far.socket.frame(frame);
  expect(far.log).toContain('lost frame');
  expect(far.link.subscribe(BOOK).phase).toBe('resyncing');
  expect(far.count('resync')).toBe(1);
});

test('P9a: a resync gives its reason: gap, checksum, digest or missing', () => {
  const reasons = (far: FarSide): unknown[] =>
    far.sent.flatMap((message) => (message.type === 'resync' ? [message.reason] : []));
  const gap = openBook();
  gap.delta(7, 12, 13);
  expect(reasons(gap)).toEqual(['gap']);
  const digest = openBook();
  digest.say({ type: 'heartbeat', now: digest.clock.now(), last: { 7: 10 }, digests: { 7: 1 } });
  expect(reasons(digest)).toEqual(['digest']);
  const checksum = openBook();
  const now = checksum.clock.now();
  checksum.say({
    type: 'book-delta',
    channel: 7,
    previous: 10,
    sequence: 11,
    merged: 1,
    eventTime: now,
    sendTime: now,
    bids: [[100, 3]],
    asks: [],
    checksum: 1,
  });
  expect(reasons(checksum)).toEqual(['checksum']);
  const missing = new FarSide();
  missing.link.subscribe(BOOK);
  missing.link.start();
  missing.open();
  missing.confirm(BOOK, 7);
  missing.clock.advance(1_100);
  expect(reasons(missing)).toEqual(['missing']);
});

test('P9, P23: channels that one frame made untrusted are resynced in one message', () => {
  const far = new FarSide();
  const names = Array.from({ length: 40 }, (_, i) => `book:S${i}@sim:10:raw`);
  for (const name of names) far.link.subscribe(name);
  far.link.start();
  far.open();
  names.forEach((name, i) => far.confirm(name, i));
  names.forEach((_, i) => far.snapshot(i, 10));
  far.socket.frame('{"type":"book-delta","channel":7,"previous":10');
  expect(far.count('resync')).toBe(1);
  expect(far.sent.at(-1)).toMatchObject({ channels: names.map((_, i) => i), reason: 'gap' });
  expect(far.link.resyncs).toBe(40);
});

test('P28d: a book that was not recorded is not resynced, and a book of another time is not shown for it', () => {
  const far = openBook();
  const channel = far.link.subscribe(BOOK);
  const since = far.clock.now();
  far.say(
    { type: 'reset', channel: 7, reason: 'seek' },
    { type: 'channel-state', channel: 7, state: 'syncing', since, reason: 'no-book-yet' },
  );
  expect([channel.phase, channel.detail]).toEqual(['no-book', 'no-book-yet']);
  far.clock.advance(9_000);
  expect(far.count('resync')).toBe(0);
  far.snapshot(7, 20);
  expect(channel.phase).toBe('ok');
});

test('P20, P20b: a heartbeat with our sequence and a live source proves quiet, a higher sequence is a gap', () => {
  const far = openBook();
  const channel = far.link.subscribe(BOOK);
  far.clock.advance(3_000);
  const now = far.clock.now();
  far.say({ type: 'heartbeat', now, last: { 7: 10 } });
  expect(channel.provenAt).toBe(undefined);
  far.say({ type: 'heartbeat', now, last: { 7: 10 }, heard: { 7: 400 } });
  const at = far.clock.monotonic();
  expect([channel.provenAt, channel.heardAt]).toEqual([at, at - 400]);
  far.say({ type: 'heartbeat', now, last: { 7: 10 }, heard: {} });
  expect(channel.provenAt).toBe(undefined);
  far.say({ type: 'heartbeat', now, last: { 7: 12 }, heard: { 7: 400 } });
  expect([channel.phase, channel.provenAt]).toEqual(['resyncing', undefined]);
});

test('a missing snapshot is requested', () => {
  const far = new FarSide();
  far.link.subscribe(BOOK);
  far.link.start();
  far.open();
  far.confirm(BOOK, 7);
  far.clock.advance(1_100);
  expect(far.count('resync')).toBe(1);
});

test('a lost answer is requested again, and the link replaced if the feed does not repeat it', () => {
  const far = new FarSide();
  far.link.subscribe(BOOK);
  far.link.start();
  far.open();
  far.clock.advance(6_000);
  expect(far.count('subscribe')).toBe(2);
  const id = far.sent.findLast((message) => message.type === 'subscribe')?.id;
  far.say({
    type: 'error',
    id,
    code: 105,
    message: `already subscribed to ${BOOK}`,
    temporary: false,
  });
  expect(far.link.state.kind).toBe('waiting');
});

test('after a cut every book is untrusted until its next snapshot, and subscriptions are renewed', () => {
  const far = openBook();
  const channel = far.link.subscribe(BOOK);
  far.socket.failed('broken');
  expect(channel.phase).toBe('awaiting');
  expect(channel.mirror?.state).not.toBe('ok');
  far.clock.advance(600);
  far.open('e2');
  far.confirm(BOOK, 3);
  far.snapshot(3, 1, 'e2');
  expect([channel.phase, channel.sequence]).toEqual(['ok', 1]);
  expect(far.sockets.length).toBe(2);
});

test('events of a dropped socket are ignored', () => {
  const far = openBook();
  const dead = far.socket;
  far.clock.advance(16_000);
  expect(far.dropped).toBe(1);
  const before = far.log.length;
  dead.frame('{"type":"pong","now":1}');
  dead.closed(1006, '');
  expect(far.log.length).toBe(before);
  expect(far.link.state.kind).not.toBe('open');
});

test('P22: the newest frame processed is acknowledged, at most once a second', () => {
  const far = openBook();
  for (let i = 10; i < 60; i++) {
    far.clock.advance(100);
    far.delta(7, i, i + 1);
  }
  const acks = far.sent.filter((message) => message.type === 'ack');
  expect(acks.length).toBeGreaterThanOrEqual(4);
  expect(acks.length).toBeLessThanOrEqual(5);
  far.clock.advance(5_000);
  expect(far.count('ack')).toBeLessThanOrEqual(6);
});

test('a channel that the feed refuses is an error of that channel alone', () => {
  const far = new FarSide();
  far.link.subscribe(BOOK);
  far.link.subscribe('book:NOPE@sim:25:100ms');
  far.link.start();
  far.open();
  const id = far.sent.findLast((message) => message.type === 'subscribe')?.id;
  far.say({ type: 'error', id, code: 102, message: 'unknown symbol NOPE@sim', temporary: false });
  far.confirm(BOOK, 7);
  far.snapshot(7, 1);
  expect(far.link.subscribe('book:NOPE@sim:25:100ms').phase).toBe('error');
  expect(far.link.subscribe(BOOK).phase).toBe('ok');
});

test('a refused channel is requested again, and stays an error until the feed accepts it', () => {
  const far = openBook();
  const channel = far.link.subscribe('book:LATER@desk:25:100ms');
  const isAsked = () => {
    const last = far.sent.findLast((message) => message.type === 'subscribe');
    return last?.channels.includes(channel.name) === true ? last.id : undefined;
  };
  far.clock.advance(50);
  const refuse = () =>
    far.say({
      type: 'error',
      id: isAsked(),
      code: 102,
      message: 'unknown symbol LATER@desk',
      temporary: false,
    });
  refuse();
  const asked = far.count('subscribe');
  const pass = (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      far.say({ type: 'heartbeat', now: far.clock.now(), last: { 7: 10 } });
      far.clock.advance(1_000);
    }
  };
  pass(3);
  expect([far.count('subscribe'), channel.phase]).toEqual([asked, 'error']);
  pass(3);
  expect([far.count('subscribe'), channel.phase]).toEqual([asked + 1, 'error']);
  // The market exists by now, like one that is pushed after a restart of the feed.
  far.confirm(channel.name, 9);
  far.snapshot(9, 1);
  expect(channel.phase).toBe('ok');
});

test('a refusal of an unsubscribed channel is not applied to another one', () => {
  const far = new FarSide();
  far.link.subscribe(TRADES);
  far.link.subscribe('book:NOPE@sim:25:100ms');
  far.link.start();
  far.open();
  far.link.unsubscribe('book:NOPE@sim:25:100ms');
  const id = far.sent.findLast((message) => message.type === 'subscribe')?.id;
  far.say({ type: 'error', id, code: 102, message: 'unknown symbol NOPE@sim', temporary: false });
  expect(far.link.subscribe(TRADES).phase).toBe('awaiting');
});

test('a halt of the market is neither a gap nor ok', () => {
  const far = openBook();
  const channel = far.link.subscribe(BOOK);
  far.say({ type: 'channel-state', channel: 7, state: 'halted', since: 1, reason: 'halt' });
  expect([channel.phase, channel.detail]).toEqual(['halted', 'halt']);
  expect(far.count('resync')).toBe(0);
});

test('the clock offset is that of the pong with the shortest round trip', () => {
  const far = openBook();
  for (const [roundTripMs, feedAheadMs] of [
    [200, 360],
    [10, 305],
    [90, 320],
  ] as const) {
    const pings = far.count('ping');
    while (far.count('ping') === pings) far.clock.advance(1);
    const ping = far.sent.findLast((message) => message.type === 'ping');
    const sentAt = far.clock.now();
    far.clock.advance(roundTripMs);
    far.say({ type: 'pong', id: ping?.id, now: sentAt + feedAheadMs });
  }
  expect(far.link.offsetMs).toBe(300);
});
