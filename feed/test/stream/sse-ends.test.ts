/* However a stream of market data ends, nothing of it is left: in the lobby, the hub or the heap. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { expect, test } from 'vitest';

import { until } from '../test-until.ts';
import { SYMBOL, TestMarket } from './test-market.ts';
import { TestServer } from './test-server.ts';

const BATCH = 250;
const ROUNDS = 4;
const PATH = `/v1/stream/sse?channels=book:${SYMBOL}:25:raw,trades:${SYMBOL},ticker:${SYMBOL}`;
/** What a closed stream may leave in memory, both sides of its socket together. */
const MAX_RESIDUE_BYTES = 2_048;

const WAYS: readonly ((socket: Socket) => void)[] = [
  (socket) => void socket.destroy(),
  (socket) => void socket.end(),
  (socket) => void socket.resetAndDestroy(),
];

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`GET ${PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  await once(socket, 'data');
  return socket;
}

/** Bytes in use after a full collection. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

test('P31: a thousand streams, closed, half closed, reset and unread, leave no listener and no memory', async () => {
  const market = new TestMarket();
  const server = await TestServer.open(market, {}, BATCH);
  const round = async (): Promise<void> => {
    const sockets = await Promise.all(Array.from({ length: BATCH }, () => open(server.port)));
    await until(() => server.sse.count === BATCH, 'all streams');
    // Every other one does not read what happens meanwhile.
    sockets.forEach((socket, index) => (index % 2 === 0 ? socket.pause() : socket.resume()));
    for (let i = 0; i < 20; i++) {
      market.update();
      market.trade(50);
      market.clock.advance(100);
      await setImmediate();
    }
    sockets.forEach((socket, index) => WAYS[index % WAYS.length]?.(socket));
    await until(() => server.sse.count === 0, 'every stream is gone');
    for (const socket of sockets) socket.destroy();
  };
  // Fills caches and rings.
  await round();
  await round();
  const base = heapBytes();
  for (let i = 0; i < ROUNDS; i++) await round();
  expect(server.gateway.connections.size).toBe(0);
  for (const channel of market.hub.bookChannels()) expect(channel.subscribers.size).toBe(0);
  expect(heapBytes() - base).toBeLessThan(ROUNDS * BATCH * MAX_RESIDUE_BYTES);
  server.close();
}, 60_000);
