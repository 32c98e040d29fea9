/* P19: event streams over real sockets; however they end, nothing of them is left. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Hono } from 'hono';
import { afterEach, expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';
import { EVENT_TOPICS } from '@tapedeck/market/wire/event';

import { until } from '../../test/test-until.ts';
import { listen, portOf } from '../listen.ts';
import { EventLog } from './event-log.ts';
import { EventStreams } from './event-stream.ts';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

type Rig = {
  readonly clock: ManualClock;
  readonly log: EventLog;
  readonly streams: EventStreams;
  readonly port: number;
};

async function rig(): Promise<Rig> {
  const clock = new ManualClock();
  const log = new EventLog('e1');
  const streams = new EventStreams(clock, new Random(1));
  const app = new Hono();
  app.get('/v1/events', (c) =>
    streams.open(c, log, { topics: EVENT_TOPICS, symbols: [] }, c.req.header('last-event-id')),
  );
  const server = await listen(app.fetch, { host: '127.0.0.1', port: 0 });
  closers.push(() => {
    streams.close();
    server.close();
    server.closeAllConnections();
  });
  return { clock, log, streams, port: portOf(server) };
}

async function open({ port }: Rig): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write('GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await once(socket, 'data');
  return socket;
}

function say(log: EventLog, message: string): void {
  log.append('status', { time: 1, severity: 'info', kind: 'test', symbols: [], message });
}

async function expectGone({ streams, log }: Rig): Promise<void> {
  await until(() => streams.count === 0 && log.listenerCount === 0, 'every stream is gone');
}

test('P19: an event is sent to all, and a comment every 15 s', async () => {
  const all = await rig();
  const socket = await open(all);
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString()));
  await until(() => all.log.listenerCount === 1, 'the listener');
  say(all.log, 'hello there');
  await until(() => text.includes('hello there'), 'the event');
  expect(text).toContain('id: e1:1');
  for (let i = 0; i < 5; i++) await setImmediate();
  all.clock.advance(15_000);
  await until(() => text.includes(': still here'), 'the comment');
  socket.destroy();
});

const WAYS: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['closed', (socket) => void socket.destroy()],
  ['half closed', (socket) => void socket.end()],
  ['reset', (socket) => void socket.resetAndDestroy()],
];
test.each(WAYS)(
  'P19: of 100 streams that are %s, nothing is left',
  async (_, end) => {
    const all = await rig();
    const sockets = await Promise.all(Array.from({ length: 100 }, () => open(all)));
    await until(() => all.streams.count === 100, 'all streams');
    expect(all.log.listenerCount).toBe(100);
    for (const socket of sockets) end(socket);
    await expectGone(all);
    say(all.log, 'to nobody');
  },
  30_000,
);

/** Bytes in use after a full collection. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** What a closed stream may leave in memory, both sides of its socket together. */
const MAX_RESIDUE_BYTES = 1_024;

test('P19: a thousand streams that end in every possible way leave no listener and no memory', async () => {
  const all = await rig();
  const round = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 500) {
      const sockets = await Promise.all(Array.from({ length: 500 }, () => open(all)));
      await until(() => all.streams.count === 500, 'all streams');
      // Every other one does not read what is sent meanwhile.
      sockets.forEach((socket, index) => (index % 2 === 0 ? socket.pause() : socket.resume()));
      for (let event = 0; event < 5; event++) say(all.log, 'x'.repeat(1_000));
      sockets.forEach((socket, index) => WAYS[index % WAYS.length]?.[1](socket));
      await expectGone(all);
      for (const socket of sockets) socket.destroy();
    }
  };
  // Enough to fill the log's ring and other caches.
  await round(500);
  const base = heapBytes();
  await round(1_000);
  expect(all.log.listenerCount).toBe(0);
  expect(heapBytes() - base).toBeLessThan(1_000 * MAX_RESIDUE_BYTES);
}, 60_000);

test('P19: a stream whose client does not read is ended, and others get everything', async () => {
  const all = await rig();
  const deaf = await open(all);
  deaf.pause();
  const other = await open(all);
  let heard = 0;
  other.on('data', (data: Buffer) => (heard += data.toString().split('event: status').length - 1));
  await until(() => all.streams.count === 2, 'both streams');
  const text = 'x'.repeat(64 * 1_024);
  const said = 600;
  // Enough to fill the kernel's buffers and then the stream's queue.
  for (let i = 1; i <= said; i++) {
    say(all.log, text);
    await until(() => heard >= i, 'the other one');
  }
  // Its last write still hangs.
  all.clock.advance(10_000);
  await until(() => all.log.listenerCount === 1, 'the listener of the deaf one');
  expect(all.streams.count).toBe(1);
  say(all.log, 'on we go');
  await until(() => heard === said + 1, 'the next event');
  deaf.destroy();
  other.destroy();
}, 60_000);
