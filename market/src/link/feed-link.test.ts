import { expect, test } from 'vitest';

import { bookChecksum } from '../checksum.ts';
import { ManualClock } from '../clock.ts';
import type { Level } from '../level.ts';
import { Random } from '../random.ts';
import { decodeUp } from '../wire/codec.ts';
import type { DownMessage } from '../wire/down.ts';
import type { UpMessage } from '../wire/up.ts';
import { readWireFrame, type WireFrame } from '../wire/wire-frame.ts';
import { FeedLink } from './feed-link.ts';
import type { LinkListener } from './link-listener.ts';
import type { LinkSocket, SocketEvents } from './link-socket.ts';

const BOOK = 'book:BTC-USD@sim:25:100ms';
const TRADES = 'trades:BTC-USD@sim';

/** The far side of a link: sockets that a test opens, speaks on and breaks. */
class FarSide {
  readonly clock = new ManualClock();
  readonly sent: UpMessage[] = [];
  readonly log: string[] = [];
  sockets: SocketEvents[] = [];
  dropped = 0;
  readonly link = new FeedLink({
    clock: this.clock,
    random: new Random(5),
    decode: readWireFrame,
    dial: (events) => this.#dial(events),
    listener: this.#listener(),
  });

  get socket(): SocketEvents {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('nothing was dialled');
    return socket;
  }

  /** Opens the newest socket and greets it. */
  open(epoch = 'e1'): void {
    this.socket.opened();
    this.say({
      type: 'hello',
      version: 1,
      epoch,
      connection: 'c1',
      now: this.clock.now(),
      heartbeatMs: 15_000,
      mode: 'live',
      build: 'b',
      limits: { messagesPerSecond: 10, channels: 128, frameBytes: 16_384 },
    });
    this.clock.advance(20);
  }

  say(...messages: readonly DownMessage[]): void {
    this.socket.frame(messages.map((message) => JSON.stringify(message)).join('\n'));
  }

  confirm(name: string, channel: number): void {
    const asked = this.sent.findLast((message) => message.type === 'subscribe');
    this.say({
      type: 'subscribed',
      id: asked?.id,
      channels: [
        {
          name,
          channel,
          instrument: { symbol: 'BTC-USD@sim', tickSize: '0.1', lotSize: '0.01' },
          resume: 'none',
        },
      ],
    });
  }

  snapshot(channel: number, sequence: number, epoch = 'e1'): void {
    const bids: Level[] = [[100, sequence]];
    const asks: Level[] = [[101, 5]];
    const now = this.clock.now();
    this.say({
      type: 'book-snapshot',
      channel,
      epoch,
      sequence,
      eventTime: now,
      receiveTime: now,
      sendTime: now,
      bids,
      asks,
      checksum: bookChecksum(asks, bids),
    });
  }

  delta(channel: number, previous: number, sequence: number): void {
    const now = this.clock.now();
    this.say({
      type: 'book-delta',
      channel,
      previous,
      sequence,
      merged: 1,
      eventTime: now,
      sendTime: now,
      bids: [[100, sequence]],
      asks: [],
    });
  }

  count(type: UpMessage['type']): number {
    return this.sent.filter((message) => message.type === type).length;
  }

  #dial(events: SocketEvents): LinkSocket {
    this.sockets.push(events);
    return {
      send: (text) => void this.sent.push(decodeUp(text)),
      drop: () => void this.dropped++,
    };
  }

  #listener(): LinkListener {
    return {
      onState: ({ kind }) => void this.log.push(kind),
      onHello: () => {},
      onFrame: () => {},
      onBook: (_channel, outcome) => void this.log.push(`book ${outcome}`),
      onTrades: (_channel, { trades }, lost, isNew) =>
        void this.log.push(
          `trades ${trades.map(([sequence]) => sequence).join(',')} lost ${lost}${isNew ? ' new' : ''}`,
        ),
      onTicker: () => {},
      onCandle: () => {},
      onChannel: () => {},
      onMessage: () => {},
      onLostFrame: () => void this.log.push('lost frame'),
    };
  }
}

const TWO_TRADES: Extract<DownMessage, { type: 'trades' }> = {
  type: 'trades',
  channel: 9,
  previous: 0,
  sequence: 2,
  sendTime: 1,
  trades: [
    [1, 1, 100, 1, 'buy'],
    [2, 1, 100, 1, 'buy'],
  ],
  epoch: 'e1',
};

/** Subscribed to trades, two of them there. */
function openTrades(): FarSide {
  const far = new FarSide();
  far.link.subscribe(TRADES);
  far.link.start();
  far.open();
  far.confirm(TRADES, 9);
  far.say(TWO_TRADES);
  return far;
}

function openBook(): FarSide {
  const far = new FarSide();
  far.link.subscribe(BOOK);
  far.link.start();
  far.open();
  far.confirm(BOOK, 7);
  far.snapshot(7, 10);
  return far;
}

test('channels asked for in one go are one message, sent when the link opens', () => {
  const far = new FarSide();
  far.link.subscribe(BOOK);
  far.link.subscribe(TRADES);
  far.link.start();
  expect(far.sent).toEqual([]);
  far.open();
  expect(far.count('subscribe')).toBe(1);
  expect(far.sent[0]).toMatchObject({ channels: [BOOK, TRADES] });
});

test('P9: a gap makes the channel stale and asks for that channel alone, again after 0.25 s', () => {
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

test('P14a: a heartbeat whose digest differs finds what sequences cannot show', () => {
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

test('P9a: a resync says what was seen: a hole, a checksum, a digest, or nothing at all', () => {
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

test('P9, P23: what one frame puts into doubt is asked for in one message', () => {
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

test('P20: a heartbeat that knows our sequence proves quiet, a higher one is a gap', () => {
  const far = openBook();
  const channel = far.link.subscribe(BOOK);
  far.clock.advance(3_000);
  far.say({ type: 'heartbeat', now: far.clock.now(), last: { 7: 10 } });
  expect(channel.provenAt).toBe(far.clock.now());
  far.say({ type: 'heartbeat', now: far.clock.now(), last: { 7: 12 } });
  expect([channel.phase, channel.provenAt]).toEqual(['resyncing', undefined]);
});

test('a snapshot that never comes is asked for', () => {
  const far = new FarSide();
  far.link.subscribe(BOOK);
  far.link.start();
  far.open();
  far.confirm(BOOK, 7);
  far.clock.advance(1_100);
  expect(far.count('resync')).toBe(1);
});

test('an answer that was lost is asked for again, and the link replaced when the feed will not repeat it', () => {
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

test('a cut makes every book untrue until the next snapshot, and subscriptions are renewed', () => {
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

test('a dropped socket is not heard any more', () => {
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

test('P17: trades are resumed by sequence, never doubled, and a hole is counted', () => {
  const far = new FarSide();
  far.link.subscribe(TRADES);
  far.link.start();
  far.open();
  far.confirm(TRADES, 9);
  const tape = (previous: number, last: number, epoch?: string): DownMessage => ({
    type: 'trades',
    channel: 9,
    previous,
    sequence: last,
    sendTime: far.clock.now(),
    trades: Array.from({ length: last - previous }, (_, i) => [previous + 1 + i, 1, 100, 1, 'buy']),
    ...(epoch === undefined ? {} : { epoch }),
  });
  far.say(tape(0, 2, 'e1'));
  far.say(tape(2, 3));
  far.say(tape(5, 6));
  far.socket.failed('broken');
  far.clock.advance(600);
  far.open();
  expect(far.sent.findLast((message) => message.type === 'subscribe')).toMatchObject({
    since: { [TRADES]: { epoch: 'e1', sequence: 6 } },
  });
  far.confirm(TRADES, 9);
  far.say(tape(4, 8, 'e1'));
  far.say(tape(0, 1, 'e2'));
  expect(far.log.filter((line) => line.startsWith('trades'))).toEqual([
    'trades 1,2 lost 0 new',
    'trades 3 lost 0',
    'trades 6 lost 2',
    'trades 7,8 lost 0',
    'trades 1 lost 0 new',
  ]);
});

test('P17: trades that are said to be lost are counted once, however often it is said', () => {
  const far = openTrades();
  const lost = { previous: 2, sequence: 9, lost: 7, trades: [], sendTime: far.clock.now() };
  far.say({ type: 'trades', channel: 9, ...lost }, { type: 'trades', channel: 9, ...lost });
  expect(far.log.slice(-2)).toEqual(['trades  lost 7', 'trades  lost 0']);
});

test('P17b: trades are resynced when a heartbeat knows another number', () => {
  const far = openTrades();
  const now = far.clock.now();
  far.say({ type: 'heartbeat', now, last: { 9: 2 } });
  expect(far.count('resync')).toBe(0);
  far.say({ type: 'heartbeat', now, last: { 9: 4 } });
  expect(far.sent.at(-1)).toMatchObject({ type: 'resync', channels: [9], reason: 'gap' });
  far.say({ ...TWO_TRADES, previous: 2, sequence: 4, trades: [], lost: 2, epoch: 'e1' });
  far.clock.advance(9_000);
  expect(far.count('resync')).toBe(1);
});

test('P17b: what is not ok is asked for again, all in one, until the feed says otherwise', () => {
  const far = openTrades();
  const state = (name: 'stale' | 'ok'): DownMessage => ({
    type: 'channel-state',
    channel: 9,
    state: name,
    since: 1,
    reason: 'upstream-silent',
  });
  /** Each ping is answered: the link itself is well. */
  const wait = (seconds: number): void => {
    for (let i = 0; i < seconds; i++) {
      far.clock.advance(1_000);
      far.say({ type: 'pong', now: far.clock.now() });
    }
  };
  far.say(state('stale'));
  wait(14);
  expect(far.count('resync')).toBe(0);
  wait(2);
  expect(far.sent.findLast(({ type }) => type === 'resync')).toMatchObject({ channels: [9] });
  far.say(state('ok'));
  wait(40);
  expect(far.count('resync')).toBe(1);
});

test('P17b: trades of another life, whose beginning was lost, are not taken but asked for', () => {
  const far = openTrades();
  const channel = far.link.subscribe(TRADES);
  const trades = TWO_TRADES.trades.map((trade, i) => [3 + i, ...trade.slice(1)]) as never;
  const now = far.clock.now();
  const other = { type: 'trades', channel: 9, previous: 2, sequence: 4, sendTime: now } as const;
  far.say({ ...other, trades, life: 'e1' });
  expect(channel.phase).toBe('ok');
  far.say({ ...other, trades, life: 'e1.1' });
  expect([channel.phase, far.log.at(-1)]).toEqual(['awaiting', 'trades 3,4 lost 0']);
  expect(far.sent.at(-1)).toMatchObject({ type: 'resync', channels: [9], reason: 'gap' });
  far.say({ ...TWO_TRADES, epoch: 'e1.1' });
  expect([channel.phase, far.log.at(-1)]).toEqual(['ok', 'trades 1,2 lost 0 new']);
  // A reset that was heard begins a life by itself.
  far.say({ type: 'reset', channel: 9, reason: 'upstream-gap' });
  far.say({ ...TWO_TRADES, epoch: undefined, life: 'e1.2' });
  expect(far.log.at(-1)).toBe('trades 1,2 lost 0 new');
});

test('P13: after a reset the count of trades starts anew and replaces what was there', () => {
  const far = new FarSide();
  const channel = far.link.subscribe(TRADES);
  far.link.start();
  far.open();
  far.confirm(TRADES, 9);
  const trade = (sequence: number): DownMessage => ({
    type: 'trades',
    channel: 9,
    previous: sequence - 1,
    sequence,
    sendTime: far.clock.now(),
    trades: [[sequence, 1, 100, 1, 'sell']],
  });
  far.say({ ...trade(391), epoch: 'e1.1' } as DownMessage);
  expect(far.link.epochOf('BTC-USD@sim')).toBe('e1.1');
  far.say({ type: 'reset', channel: 9, reason: 'upstream-gap' });
  expect([channel.phase, far.link.epochOf('BTC-USD@sim')]).toEqual(['awaiting', undefined]);
  far.say(trade(1), trade(2));
  expect(channel.phase).toBe('ok');
  expect(far.log.slice(-2)).toEqual(['trades 1 lost 0 new', 'trades 2 lost 0']);
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

test('a halt of the market is neither a gap nor ok', () => {
  const far = openBook();
  const channel = far.link.subscribe(BOOK);
  far.say({ type: 'channel-state', channel: 7, state: 'halted', since: 1, reason: 'halt' });
  expect([channel.phase, channel.detail]).toEqual(['halted', 'halt']);
  expect(far.count('resync')).toBe(0);
});

test('the offset of the clocks is that of the quickest answer', () => {
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
