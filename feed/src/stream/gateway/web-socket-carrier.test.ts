/* Finished frames among those that ws writes itself, over a real socket. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';

import { frameOf } from '../frame/frame.ts';
import { JSON_FORM } from '../frame/wire-form.ts';
import { WebSocketCarrier } from './web-socket-carrier.ts';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Both ends of one WebSocket. */
async function pair(): Promise<{
  readonly client: WebSocket;
  readonly server: WebSocket;
  readonly carrier: WebSocketCarrier;
}> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
  closers.push(() => {
    client.terminate();
    for (const each of sockets.clients) each.terminate();
    http.close();
  });
  const [[server, request]] = await Promise.all([
    once(sockets, 'connection') as Promise<[WebSocket, IncomingMessage]>,
    once(client, 'open'),
  ]);
  return { client, server, carrier: new WebSocketCarrier(server, request.socket) };
}

const frame = (text: string) => frameOf(JSON_FORM, [Buffer.from(text)]);

test('frames of every length, pings and the close frame arrive in call order', async () => {
  const { client, server, carrier } = await pair();
  const heard: string[] = [];
  client.on('message', (data, isBinary) => {
    const text = (data as Buffer).toString();
    heard.push(`${text[0]}${text.length}${isBinary ? ' binary' : ''}`);
  });
  client.on('ping', () => heard.push('ping'));
  carrier.send(frame('a'));
  server.ping();
  for (const length of [125, 126, 65_535, 65_536, 1_000_000])
    carrier.send(frame('b'.repeat(length)));
  carrier.send({ ...frameOf({ ...JSON_FORM, isText: false }, [Buffer.from('c')]) });
  server.ping();
  carrier.send(frame('d'));
  carrier.close(4008, 'slow');
  carrier.send(frame('e'));
  const [code, reason] = (await once(client, 'close')) as [number, Buffer];
  expect(heard).toEqual([
    'a1',
    'ping',
    ...['b125', 'b126', 'b65535', 'b65536', 'b1000000'],
    'c1 binary',
    'ping',
    'd1',
  ]);
  expect([code, reason.toString()]).toEqual([4008, 'slow']);
});

test('what a client does not take is counted in bufferedAmount, and nothing follows its close', async () => {
  const { client, server, carrier } = await pair();
  client.pause();
  const big = frame('x'.repeat(1_000_000));
  for (let i = 0; i < 20; i++) carrier.send(big);
  expect(carrier.bufferedAmount).toBeGreaterThan(1_000_000);
  client.resume();
  client.close(1000);
  await once(server, 'close');
  const before = carrier.bufferedAmount;
  carrier.send(frame('late'));
  expect(carrier.bufferedAmount).toBe(before);
});
