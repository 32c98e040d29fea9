/* Which form a client gets, and that a message is encoded once for all clients of a form. */
import { once } from 'node:events';

import { afterEach, expect, test } from 'vitest';
import WebSocket from 'ws';

import { readBinaryFrame } from '@tapedeck/market/wire/binary/binary-decoder';
import type { DownMessage } from '@tapedeck/market/wire/down';

import { TestMarket } from '../../../test/stream/test-market.ts';
import { TestServer } from '../../../test/stream/test-server.ts';
import { Delivery } from './delivery.ts';
import { frameOf } from './frame.ts';
import { BINARY_FORM, JSON_FORM, type WireForm } from './wire-form.ts';

const PONG: DownMessage = { type: 'pong', id: 1, now: 5 };
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

test.each([
  [[], ''],
  [['tapedeck.v1.json'], 'tapedeck.v1.json'],
  [['tapedeck.v9.json', 'tapedeck.v1.json'], 'tapedeck.v1.json'],
])('a client that offers %j is answered "%s" and gets JSON text', async (offered, agreed) => {
  const server = await TestServer.open(new TestMarket());
  closers.push(() => server.close());
  const socket = new WebSocket(server.url, offered);
  const [data, isBinary] = (await once(socket, 'message')) as [Buffer, boolean];
  expect(socket.protocol).toBe(agreed);
  expect(isBinary).toBe(false);
  expect(JSON.parse(data.toString())).toMatchObject({ type: 'hello' });
  socket.terminate();
});

test('a message is encoded at most once per form', () => {
  const encoded: string[] = [];
  const form = (name: string): WireForm => ({
    ...JSON_FORM,
    encode: (message) => {
      encoded.push(name);
      return JSON_FORM.encode(message);
    },
  });
  const [json, bin] = [form('json'), form('bin')];
  const delivery = new Delivery(1, 'latest', PONG);
  expect(encoded).toEqual([]);
  const first = delivery.encoded(json);
  expect(delivery.encoded(json)).toBe(first);
  delivery.encoded(bin);
  delivery.encoded(bin);
  expect(encoded).toEqual(['json', 'bin']);
});

test('P4: messages of one frame are joined by the separator of their form, or by nothing', () => {
  const parts = ['a', 'b', 'c'].map((text) => Buffer.from(text));
  expect(frameOf(JSON_FORM, parts).payload.toString()).toBe('a\nb\nc');
  const bin = { ...JSON_FORM, isText: false, separator: Buffer.alloc(0) };
  expect(frameOf(bin, parts).payload.toString()).toBe('abc');
  expect(frameOf(JSON_FORM, parts.slice(0, 1)).payload.toString()).toBe('a');
});

test('P4c: a joined frame has its clock once, however often it was joined before', () => {
  const trades = (sendTime: number): DownMessage => ({
    type: 'trades',
    channel: 1,
    previous: 1,
    sequence: 2,
    sendTime,
    trades: [[2, 1_760_000_000_000, 5, 1, 'buy']],
  });
  const now = 1_760_000_000_000;
  const [one, other] = [BINARY_FORM.encode(trades(now)), BINARY_FORM.encode(trades(now + 1))];
  const batch = frameOf(BINARY_FORM, [one, one]).payload;
  const { payload } = frameOf(BINARY_FORM, [batch, batch, other]);
  expect(readBinaryFrame(payload)).toEqual([now, now, now, now, now + 1].map(trades));
  const clockLength = 7;
  expect(payload.length).toBe(one.length * 5 - clockLength * 3);
});
