import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

import { afterEach, expect, test } from 'vitest';

import { budgetOf, descriptorLimit } from './descriptors.ts';
import { SocketGuard, type SocketGuardOptions } from './socket-guard.ts';
import { knock } from './test-knock.ts';
import { SHORT_DEADLINES } from './test-server-process.ts';

const PATIENCE_MS = 8_000;
const open: { server: Server; peers: Socket[] }[] = [];

afterEach(() => {
  for (const { server, peers } of open.splice(0)) {
    for (const peer of peers) peer.destroy();
    server.close();
    server.closeAllConnections();
  }
});

/** A peer that still sends to a closed connection is reset: an end like any other, but `once` would reject. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

type Listener = Parameters<SocketGuard['createServer']>[0];

async function serve(listener: Listener, options: Partial<SocketGuardOptions> = {}) {
  const guard = new SocketGuard({
    deadlines: SHORT_DEADLINES,
    takesUpgrade: () => true,
    ...options,
  });
  const server = guard.createServer(listener);
  const peers: Socket[] = [];
  open.push({ server, peers });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const peer = async (): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port });
    peers.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const tell = (text: string) =>
    knock(port, { name: 'one', pieces: [text], ending: 'stay' }, PATIENCE_MS);
  return { guard, server, peer, tell };
}

const HOST = 'Host: here\r\n';
const WEBSOCKET = `GET / HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;

test('P35: an upgrade that is taken over and forgotten is closed at its deadline', async () => {
  const { server, tell } = await serve((_, response) => response.end());
  server.on('upgrade', () => undefined);
  expect(await tell(WEBSOCKET)).toBe('closed');
});

test('P35: an upgrade that is not taken is served as a plain request', async () => {
  const { server, tell } = await serve((_, response) => response.end('served'), {
    takesUpgrade: () => false,
  });
  server.on('upgrade', () => expect.unreachable());
  expect(await tell(WEBSOCKET)).toBe('answered');
});

test('P35: headers and bodies that stop half way, or trickle, are closed at their deadlines', async () => {
  const { tell, peer } = await serve((request) => void request.resume());
  expect(await tell(`GET / HTTP/1.1\r\n${HOST}X: `)).not.toBe('hung');
  expect(await tell(`POST / HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\n1`)).toBe('closed');
  const slow = await peer();
  slow.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 9000\r\n\r\n`);
  const drops = setInterval(() => slow.write('x'), SHORT_DEADLINES.idleMs / 8);
  await closeOf(slow);
  clearInterval(drops);
});

test('P35: a response that nobody reads is cut', async () => {
  let gone = (): void => undefined;
  const closed = new Promise<void>((resolve) => (gone = resolve));
  const { peer } = await serve((_, response) => {
    response.once('close', () => gone());
    response.end(Buffer.alloc(64 * 1024 * 1024));
  });
  const reader = await peer();
  reader.pause();
  reader.write(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  await closed;
});

test('P35: a response that takes long to prepare is waited for', async () => {
  const { server, tell } = await serve((_, response) => {
    let idle = 0;
    server.on('timeout', () => {
      if (++idle === 2) response.end('at last');
    });
  });
  expect(await tell(`GET / HTTP/1.1\r\n${HOST}\r\n`)).toBe('answered');
});

test('P35a: over the bound the peer that has been silent longest is closed and counted', async () => {
  let crowded = 0;
  const { guard, peer, tell } = await serve((_, response) => response.end('served'), {
    deadlines: { ...SHORT_DEADLINES, headersMs: 60_000, idleMs: 60_000 },
    onCrowded: () => void crowded++,
  });
  guard.maxConnections = 2;
  const [first, second] = [await peer(), await peer()];
  const firstGone = closeOf(first);
  expect(await tell(`GET / HTTP/1.1\r\n${HOST}\r\n`)).toBe('answered');
  await firstGone;
  expect(second.destroyed).toBe(false);
  expect({ crowded, counted: guard.crowded }).toEqual({ crowded: 1, counted: 1 });
});

test('P35a: some descriptors are reserved, and some connections are always accepted', () => {
  expect(budgetOf(256, 40, 1)).toBe(152);
  expect(budgetOf(256, 40, 2)).toBe(76);
  expect(budgetOf(64, 60, 1)).toBe(16);
  expect(descriptorLimit()).toBeGreaterThan(16);
});
