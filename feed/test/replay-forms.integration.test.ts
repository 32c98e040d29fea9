/* P25 and section 12: a replay sends the same in both forms, over real sockets. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import type { DownMessage } from '@tapedeck/market/wire/down';
import { replaySchema, sessionsSchema } from '@tapedeck/market/wire/http';
import { BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL } from '@tapedeck/market/wire/version';

import { isType, TestClient } from './stream/test-client.ts';
import { TestFeed } from './test-feed.ts';

const SYMBOL = 'BTC-USD@sim';
const CHANNELS = [`book:${SYMBOL}:25:100ms`, `trades:${SYMBOL}`, `ticker:${SYMBOL}`];
let feed: TestFeed;
let replay: string;
let from: number;

beforeAll(async () => {
  feed = await TestFeed.start();
  const { sessions } = sessionsSchema.parse((await feed.get('/v1/sessions')).body);
  const closed = must(
    sessions.find((session) => !session.open),
    'a closed session',
  );
  from = closed.from + 60_000;
  const response = await fetch(`${feed.base}/v1/replays`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ session: closed.id, at: from }),
  });
  replay = replaySchema.parse(await response.json()).id;
}, 60_000);

afterAll(() => feed.close());

/** A viewer that has received the first values of all its channels. */
async function join(subprotocol: string): Promise<TestClient> {
  const client = await TestClient.open(`${feed.stream}?replay=${replay}`, { subprotocol });
  expect(await client.next(isType('hello'))).toMatchObject({ mode: 'replay' });
  client.send({ type: 'subscribe', channels: CHANNELS });
  await client.next(isType('ticker'));
  return client;
}

/** What arrives until the answer to this command. Heartbeats are each connection's own. */
async function until(client: TestClient, id: number): Promise<readonly DownMessage[]> {
  const messages: DownMessage[] = [];
  await client.next((message) => {
    if (message.type !== 'heartbeat') messages.push(message);
    return message.type === 'replay-state' && message.id === id;
  });
  return messages;
}

test('P25: playing, seeks and steps are the same in both forms', async () => {
  const json = await join(JSON_SUBPROTOCOL);
  const binary = await join(BINARY_SUBPROTOCOL);
  json.send({ type: 'replay', id: 1, command: 'step', unit: 'second', count: 20 });
  await Promise.all([until(json, 1), until(binary, 1)]);
  json.send({ type: 'replay', id: 2, command: 'seek', to: from + 60_000 });
  json.send({ type: 'replay', id: 3, command: 'step', unit: 'second', count: 2 });
  json.send({ type: 'replay', id: 4, command: 'step', unit: 'trade', count: -3 });
  const [said, same] = await Promise.all([until(json, 4), until(binary, 4)]);
  expect(same).toEqual(said);
  const types = new Set(said.map(({ type }) => type));
  for (const type of ['reset', 'book-snapshot', 'trades', 'ticker', 'replay-state'] as const)
    expect(types).toContain(type);
  json.send({ type: 'replay', id: 5, command: 'speed', value: 50 });
  json.send({ type: 'replay', id: 6, command: 'play' });
  await Promise.all([until(json, 6), until(binary, 6)]);
  // Played in wall time: part of it is enough.
  const played: DownMessage[] = [];
  await json.next((message) => {
    if (message.type !== 'heartbeat') played.push(message);
    return (
      played.filter(({ type }) => type === 'book-snapshot' || type === 'book-delta').length > 9
    );
  });
  json.send({ type: 'replay', id: 7, command: 'pause' });
  played.push(...(await until(json, 7)));
  expect(await until(binary, 7)).toEqual(played);
  binary.send({ type: 'replay', id: 8, command: 'fly' } as never);
  expect(await binary.next(isType('error'))).toMatchObject({ id: 8, code: 130 });
  await Promise.all([json.close(), binary.close()]);
});

test('P23b: a viewer may drag: 60 seeks in a row are carried out, and the announced limits allow them', async () => {
  const client = await TestClient.open(`${feed.stream}?replay=${replay}`);
  const { limits } = await client.next(isType('hello'));
  expect(limits.messagesPerSecond).toBe(30);
  client.send({ type: 'subscribe', channels: CHANNELS });
  for (let i = 0; i < 60; i++)
    client.send({ type: 'replay', id: 100 + i, command: 'seek', to: from + i * 997 });
  const said = await until(client, 159);
  expect(said.filter(({ type }) => type === 'error')).toEqual([]);
  expect(said.at(-1)).toMatchObject({ clock: from + 59 * 997, seeked: true });
});
