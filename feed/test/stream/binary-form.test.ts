/* Both forms over real sockets: which client gets which, and that both carry the same (section 12). */
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';

import { afterEach, expect, test } from 'vitest';
import WebSocket from 'ws';

import type { Level } from '@tapedeck/market/number/level';
import { Random } from '@tapedeck/market/number/random';
import { readBinaryFrame } from '@tapedeck/market/wire/binary/binary-decoder';
import type { DownMessage } from '@tapedeck/market/wire/down';
import { BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL } from '@tapedeck/market/wire/version';

import { isType, TestClient } from './test-client.ts';
import { SYMBOL, TestMarket } from './test-market.ts';
import { TestServer } from './test-server.ts';

const SEED = 20_261_122;
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serving(): Promise<[TestMarket, TestServer]> {
  const market = new TestMarket();
  const server = await TestServer.open(market);
  closers.push(() => server.close());
  return [market, server];
}

test.each([
  [[], '', false],
  [[JSON_SUBPROTOCOL], JSON_SUBPROTOCOL, false],
  [[BINARY_SUBPROTOCOL], BINARY_SUBPROTOCOL, true],
  [[BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL], BINARY_SUBPROTOCOL, true],
  [[JSON_SUBPROTOCOL, BINARY_SUBPROTOCOL], JSON_SUBPROTOCOL, false],
  [['tapedeck.v9.bin', BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL], BINARY_SUBPROTOCOL, true],
])('a client that offers %j gets "%s"', async (offered, agreed, isBytes) => {
  const [, server] = await serving();
  const socket = new WebSocket(server.url, offered);
  const [data, isBinary] = (await once(socket, 'message')) as [Buffer, boolean];
  expect([socket.protocol, isBinary]).toEqual([agreed, isBytes]);
  const [hello] = isBinary ? readBinaryFrame(data) : [JSON.parse(data.toString()) as unknown];
  expect(hello).toMatchObject({ type: 'hello', version: 1 });
  socket.terminate();
});

test('a client that offers only other protocols gets none, which closes it (RFC 6455, 4.1)', async () => {
  const [, server] = await serving();
  const socket = new WebSocket(server.url, ['graphql-ws', 'tapedeck.v2.bin']);
  const [error] = (await once(socket, 'error')) as [Error];
  expect(error.message).toContain('no subprotocol');
});

test('errors come in the form of the connection, and so do refusals at its start', async () => {
  const [, server] = await serving();
  const client = await TestClient.open(server.url, { subprotocol: BINARY_SUBPROTOCOL });
  client.sendText('{"type":"shout","id":3}');
  expect(await client.next(isType('error'))).toMatchObject({ id: 3, code: 107 });
  client.sendBytes(Uint8Array.from([1, 2, 3]));
  expect(await client.next(isType('error'))).toMatchObject({
    code: 107,
    message: 'frame: binary frames are not part of tapedeck.v1.bin',
  });
  server.overload = 'overload: try later';
  const refused = await TestClient.open(server.url, { subprotocol: BINARY_SUBPROTOCOL });
  expect(await refused.next(isType('error'))).toMatchObject({ code: 120, temporary: true });
  expect(await refused.closed).toMatchObject({ code: 4013 });
  await client.close();
});

/** Follows everything of the one symbol, in order. */
async function follow(server: TestServer, subprotocol: string): Promise<TestClient> {
  const client = await TestClient.open(server.url, { subprotocol });
  const channels = [
    ...[`book:${SYMBOL}:10:raw`, `book:${SYMBOL}:25:100ms`, `trades:${SYMBOL}`],
    ...[`ticker:${SYMBOL}`, `candles:${SYMBOL}:1s`],
  ];
  client.send({ type: 'subscribe', id: 1, channels });
  await client.next(isType('subscribed'));
  return client;
}

/** Everything up to the pong of this ping. */
async function untilPong(client: TestClient, id: number): Promise<readonly DownMessage[]> {
  client.send({ type: 'ping', id });
  const messages: DownMessage[] = [];
  for (;;) {
    const message = await client.next((_): _ is DownMessage => true);
    if (message.type === 'pong' && message.id === id) return messages;
    messages.push(message);
  }
}

test(`both forms send the same at the same times, seed ${SEED}`, async () => {
  const [market, server] = await serving();
  const json = await follow(server, JSON_SUBPROTOCOL);
  const binary = await follow(server, BINARY_SUBPROTOCOL);
  const random = new Random(SEED);
  const side = (sign: 1 | -1): Level[] => {
    const sizes = new Map<number, number>();
    for (let i = random.integer(1, 12); i > 0; i--)
      sizes.set(
        1_000 + sign * random.integer(1, 40),
        random.chance(0.2) ? 0 : random.integer(1, 9e9),
      );
    return [...sizes];
  };
  const types = new Set<string>();
  // The first values are as old as the subscription.
  await untilPong(json, 1);
  await untilPong(binary, 1);
  for (let step = 2; step < 150; step++) {
    const chance = random.next();
    if (chance < 0.02) market.grid(String(random.integer(1, 5)));
    if (chance < 0.05)
      market.book(
        side(-1).filter(([, size]) => size > 0),
        side(1).filter(([, size]) => size > 0),
      );
    else market.update(side(-1));
    market.trade(random.integer(0, 5));
    market.clock.advance(random.pick([0, 3, 60, 250, 2_500]));
    await setImmediate();
    const [said, same] = [await untilPong(json, step), await untilPong(binary, step)];
    expect(same, `seed ${SEED} step ${step}`).toEqual(said);
    for (const { type } of said) types.add(type);
  }
  expect([...types].toSorted()).toEqual([
    ...['book-delta', 'book-snapshot', 'candle', 'channel-state', 'heartbeat'],
    ...['reset', 'ticker', 'trades'],
  ]);
  await json.close();
  await binary.close();
});
