/* P25-P28 over server-sent events: a replay is joined, controlled and left without a WebSocket. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { replaySchema, sessionsSchema } from '@tapedeck/market/wire/http';

import { TestFeed } from '../test-feed.ts';
import { isType } from './test-client.ts';
import { SseTestClient } from './test-sse-client.ts';

let feed: TestFeed;
beforeAll(async () => {
  feed = await TestFeed.start();
}, 60_000);
afterAll(() => feed.close());

test('P25, P28, P31a: hello says replay, a seek gives another epoch and the book of that time', async () => {
  const { sessions } = sessionsSchema.parse((await feed.get('/v1/sessions')).body);
  const session = must(
    sessions.find(({ counts, open }) => counts.segments > 0 && !open),
    'a recorded session',
  );
  const symbol = must(session.symbols[0], 'symbol');
  const made = await fetch(`${feed.base}/v1/replays`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ session: session.id, symbols: [symbol] }),
  });
  const { id } = replaySchema.parse(await made.json());
  const book = `book:${symbol}:10:raw`;
  const client = await SseTestClient.open(feed.base, `?replay=${id}&channels=${book}`);
  expect(await client.next(isType('hello'))).toMatchObject({ mode: 'replay' });
  const to = Math.round((session.from + session.to) / 2);
  await client.send({ type: 'replay', id: 9, command: 'seek', to });
  expect(await client.next(isType('reset'))).toMatchObject({ reason: 'seek' });
  const snapshot = await client.next(isType('book-snapshot'));
  const { body } = await feed.get(
    `/v1/book?symbol=${symbol}&depth=10&at=${to}&session=${session.id}`,
  );
  expect(snapshot).toMatchObject({
    bids: (body as typeof snapshot).bids,
    asks: (body as typeof snapshot).asks,
  });
  await client.send({ type: 'replay', id: 10, command: 'play' });
  await client.next((message) => message.type === 'replay-state' && message.state === 'playing');
  await client.next(isType('book-delta'));
  const inspect = replaySchema.parse((await feed.get(`/v1/replays/${id}`)).body);
  expect(inspect.connections).toBe(1);
  client.leave();
  await client.closed;
  // No viewers: the clock waits until one returns.
  const deadline = Date.now() + 5_000;
  for (;;) {
    const { connections, state } = replaySchema.parse((await feed.get(`/v1/replays/${id}`)).body);
    if (connections === 0 && state === 'paused') break;
    if (Date.now() > deadline) throw new Error(`still ${connections} connections, ${state}`);
  }
}, 60_000);
