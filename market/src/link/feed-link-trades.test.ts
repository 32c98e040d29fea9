import { expect, test } from 'vitest';

import type { DownMessage } from '../wire/down.ts';
import { BOOK, FarSide, openTrades, TRADES, TWO_TRADES } from './test-far-side.ts';

test('P17: trades resume by sequence without duplicates, and a gap is counted', () => {
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

test('P17: lost trades are counted once, even if reported repeatedly', () => {
  const far = openTrades();
  const lost = { previous: 2, sequence: 9, lost: 7, trades: [], sendTime: far.clock.now() };
  far.say({ type: 'trades', channel: 9, ...lost }, { type: 'trades', channel: 9, ...lost });
  expect(far.log.slice(-2)).toEqual(['trades  lost 7', 'trades  lost 0']);
});

test('P17b: trades are resynced when a heartbeat has another sequence', () => {
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

test('P17b: channels that are not ok are queried again in one message until the feed says ok', () => {
  const far = openTrades();
  const state = (name: 'stale' | 'ok'): DownMessage => ({
    type: 'channel-state',
    channel: 9,
    state: name,
    since: 1,
    reason: 'upstream-silent',
  });
  /** Each ping is answered: the link itself is healthy. */
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

test('P17b: trades of another epoch whose first message was lost are not applied but resynced', () => {
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
  // A received reset starts an epoch by itself.
  far.say({ type: 'reset', channel: 9, reason: 'upstream-gap' });
  far.say({ ...TWO_TRADES, epoch: undefined, life: 'e1.2' });
  expect(far.log.at(-1)).toBe('trades 1,2 lost 0 new');
});

test('P13: after a reset trade sequences start over and the trades replace the previous ones', () => {
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

test('P13c: a reset of only the book keeps the epoch of the trades', () => {
  const far = openTrades();
  far.link.subscribe(BOOK);
  far.clock.advance(100);
  far.confirm(BOOK, 7);
  far.snapshot(7, 10);
  far.say({ type: 'reset', channel: 7, reason: 'upstream-gap' });
  far.snapshot(7, 1, 'e1.1');
  expect(far.link.epochOf('BTC-USD@sim')).toBe('e1');
  far.say({
    ...TWO_TRADES,
    epoch: undefined,
    previous: 2,
    sequence: 3,
    trades: [[3, 1, 1, 1, 'buy']],
  });
  expect(far.log.findLast((line) => line.startsWith('trades'))).toBe('trades 3 lost 0');
});
