/* P25, P25a: a replay over real sockets, and the switch from it to the live market on the same socket. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { BookMirror } from '@tapedeck/market/book/book-mirror';
import { must } from '@tapedeck/market/number/assert';
import type { DownMessage } from '@tapedeck/market/wire/down';
import { replaySchema, sessionsSchema } from '@tapedeck/market/wire/http';

import { isType, TestClient } from './stream/test-client.ts';
import { TestFeed } from './test-feed.ts';

const SYMBOL = 'BTC-USD@sim';
const BOOK = `book:${SYMBOL}:25:50ms`;
const TRADES = `trades:${SYMBOL}`;
let feed: TestFeed;
let replay: string;
let end: number;

beforeAll(async () => {
  feed = await TestFeed.start();
  const { sessions } = sessionsSchema.parse((await feed.get('/v1/sessions')).body);
  // The generated night before this start: everything after its end is live.
  const closed = must(
    sessions.find((session) => !session.open),
    'a closed session',
  );
  end = closed.to;
  const response = await fetch(`${feed.base}/v1/replays`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ session: closed.id, at: closed.from + 60_000 }),
  });
  replay = replaySchema.parse(await response.json()).id;
}, 60_000);

afterAll(() => feed.close());

async function join(): Promise<TestClient> {
  const client = await TestClient.open(`${feed.stream}?replay=${replay}`);
  client.send({ type: 'subscribe', channels: [BOOK, TRADES, `ticker:${SYMBOL}`] });
  return client;
}

/** Market time of a message; undefined if it has none. */
function marketTime(message: DownMessage): number | undefined {
  if ('eventTime' in message) return message.eventTime;
  return message.type === 'trades' ? message.trades.at(-1)?.[1] : undefined;
}

const isBook = ({ type }: DownMessage): boolean =>
  type === 'book-delta' || type === 'book-snapshot';

test('P25a: the command live moves one connection on its own socket, and the others stay', async () => {
  const leaver = await join();
  const other = await join();
  const hello = await leaver.next(isType('hello'));
  expect(hello.mode).toBe('replay');
  leaver.send({ type: 'replay', id: 1, command: 'speed', value: 20 });
  leaver.send({ type: 'replay', id: 2, command: 'play' });
  const ids = new Map<string, number>();
  const before: DownMessage[] = [];
  // A second of replay: nothing in it is later than the recording.
  await leaver.next((message) => {
    if (message.type === 'subscribed')
      for (const { name, channel } of message.channels) ids.set(name, channel);
    before.push(message);
    return before.filter(isBook).length > 15;
  });
  for (const message of before) expect(marketTime(message) ?? 0).toBeLessThanOrEqual(end);
  leaver.send({ type: 'replay', id: 3, command: 'live' });
  const parting = await leaver.next((message) => {
    expect(marketTime(message) ?? 0).toBeLessThanOrEqual(end);
    return message.type === 'replay-state' && message.id === 3;
  });
  expect(parting).toMatchObject({ state: 'ended' });
  const live = await leaver.next(() => true);
  expect(live).toMatchObject({ type: 'hello', mode: 'live' });
  const liveHello = live.type === 'hello' ? live : hello;
  expect(liveHello).toMatchObject({ connection: hello.connection });
  expect(liveHello.epoch).not.toBe(hello.epoch);
  // The same channels with the same ids, each from its start: reset, then a full value of the live epoch.
  const mirror = new BookMirror();
  let deltas = 0;
  const seen = new Set<number>();
  await leaver.next((message) => {
    if (message.type === 'reset') {
      expect(message.reason).toBe('requested');
      seen.add(message.channel);
    }
    const time = marketTime(message);
    if (time !== undefined && 'channel' in message) {
      expect(seen).toContain(message.channel);
      // Later than anything that was replayed.
      expect(time).toBeGreaterThan(end - 60_000);
    }
    if (message.type === 'book-snapshot') {
      expect(message.channel).toBe(ids.get(BOOK));
      expect(message.epoch.startsWith(liveHello.epoch)).toBe(true);
      mirror.applySnapshot(message);
    }
    if (message.type === 'book-delta') {
      expect(mirror.applyDelta(message)).toBe('applied');
      deltas++;
    }
    if (message.type === 'replay-state')
      throw new Error('a message of the replay after it was left');
    return deltas > 15;
  });
  expect(mirror.state).toBe('ok');
  expect(seen).toEqual(new Set(ids.values()));
  // The one that left is no longer host; the one that stayed still gets only the replay.
  const state = await other.next(
    (message) => message.type === 'replay-state' && message.connections === 1,
  );
  expect(state).toMatchObject({ state: 'playing' });
  if (state.type === 'replay-state') expect(state.host).not.toBe(hello.connection);
  for (let i = 0; i < 15; i++) {
    const message = await other.next(isBook);
    expect(marketTime(message)).toBeLessThanOrEqual(end);
  }
  leaver.send({ type: 'replay', id: 4, command: 'pause' });
  expect(await leaver.next(isType('error'))).toMatchObject({ id: 4, code: 130 });
  await leaver.close();
  await other.close();
});

test('P25a: a live connection gets an error, because it has no replay to leave', async () => {
  const client = await TestClient.open(feed.stream);
  client.send({ type: 'replay', id: 5, command: 'live' });
  expect(await client.next(isType('error'))).toMatchObject({ id: 5, code: 130 });
  await client.close();
});
