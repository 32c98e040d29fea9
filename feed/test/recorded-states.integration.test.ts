/* H6: the states of a real feed's markets are recorded, served, drawn and replayed. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import type { BookBody, SessionBody, StatesBody } from '@tapedeck/market/wire/http';

import { isType, TestClient } from './stream/test-client.ts';
import { TestFeed } from './test-feed.ts';

let feed: TestFeed;
beforeAll(async () => {
  feed = await TestFeed.start({ TAPEDECK_SOURCE: 'none' });
});
afterAll(() => feed.close());

type Told = Pick<BookBody, 'state' | 'reason' | 'since'>;

/** Each test has its own market. */
function market(symbol: string) {
  const query = `symbol=${encodeURIComponent(symbol)}`;
  const push = async (...events: readonly object[]): Promise<number> => {
    const named = events.map((event) => ({ symbol, ...event }));
    const { status, body } = await feed.post('/v1/ingest', { events: named });
    expect([status, body]).toMatchObject([200, {}]);
    await until(async () => Date.now(), 20);
    return Date.now();
  };
  return {
    query,
    push,
    begin: () =>
      push({ type: 'instrument', tickSize: '0.01', lotSize: '1' }, snapshot(999), update(998)),
    at: async (time: number): Promise<Told> => {
      const { body } = await feed.get(`/v1/book?${query}&at=${time}`);
      const { state, reason, since } = body as BookBody;
      return { state, ...(reason && { reason }), ...(since && { since }) };
    },
    /** On a busy machine the market falls silent before the test is over. */
    states: async (more = ''): Promise<StatesBody['states']> => {
      const { states } = (await feed.get(`/v1/states?${query}${more}`)).body as StatesBody;
      return states.filter(({ reason }) => reason !== 'upstream-silent');
    },
    session: async (): Promise<SessionBody> => {
      const { sessions } = (await feed.get('/v1/sessions')).body as {
        readonly sessions: readonly SessionBody[];
      };
      return must(
        sessions.find(({ symbols }) => symbols.includes(symbol)),
        'a session',
      );
    },
  };
}
const snapshot = (bid: number) => ({ type: 'snapshot', bids: [[bid, 5]], asks: [[1_001, 5]] });
const update = (bid: number) => ({ type: 'update', bids: [[bid, 1]] });

/** Lets `ms` pass, so that two times differ. */
async function until<T>(read: () => Promise<T>, ms: number): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return read();
}
/** Polls until it is recorded. */
async function seen<T>(read: () => Promise<T>, isIt: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (isIt(value)) return value;
    await until(read, 50);
  }
}

test('a halt is in the answers of its time, drawn as a period, and replayed as one', async () => {
  const { push, begin, at, states, session } = market('HALT@desk');
  const before = await begin();
  const halted = await push({ type: 'state', state: 'halted' });
  const resumed = await push({ type: 'state', state: 'ok' });
  await push(update(997));
  const drawn = await seen(states, (all) => all.length > 0 && (all[0]?.to ?? 0) < resumed);
  expect(drawn).toEqual([
    {
      from: expect.any(Number),
      to: expect.any(Number),
      state: 'halted',
      reason: 'halt',
      crossed: false,
    },
  ]);
  const { from, to } = must(drawn[0], 'the halt');
  expect(from).toBeGreaterThanOrEqual(before - 25);
  expect(from).toBeLessThan(halted);
  expect(await at(from)).toEqual({ state: 'ok' });
  expect(await at(from + 1)).toEqual({ state: 'halted', reason: 'halt', since: from });
  expect(await at(to)).toEqual({ state: 'halted', reason: 'halt', since: from });
  expect(await at(to + 1)).toEqual({ state: 'ok' });
  // Queried in part, or by session, it is the same period.
  expect(await states(`&from=${from + 10}&to=${to - 1}`)).toEqual([
    { ...drawn[0], from: from + 10, to: to - 1 },
  ]);
  const { id } = await session();
  expect(await states(`&session=${id}`)).toEqual(drawn);
  const replay = (await feed.post('/v1/replays', { session: id, at: from + 1 })).body as {
    readonly id: string;
  };
  const client = await TestClient.open(`${feed.stream}?replay=${replay.id}`);
  client.send({ type: 'subscribe', channels: ['book:HALT@desk:10:100ms', 'ticker:HALT@desk'] });
  await client.next(isType('book-snapshot'));
  expect(await client.next(isType('channel-state'))).toMatchObject({
    state: 'halted',
    reason: 'halt',
    since: from,
  });
  for (const path of ['tickers?', 'instruments?']) {
    const { body } = await feed.get(`/v1/${path}replay=${replay.id}`);
    expect(JSON.stringify(body)).toContain(`"state":"halted","reason":"halt","since":${from}`);
  }
  // A replay has nothing later than its clock (P28b).
  expect(await states(`&replay=${replay.id}`)).toEqual([{ ...drawn[0], to: from + 1 }]);
  await client.close();
});

test('P15: a period in which the book is crossed or locked is returned, halted or not', async () => {
  const { push, begin, states, at } = market('CROSS@desk');
  await begin();
  await push(update(1_002));
  const halted = await push({ type: 'state', state: 'halted' });
  await push({ type: 'update', bids: [[1_002, 0]] });
  await push({ type: 'state', state: 'ok' });
  await push(update(996));
  const drawn = await seen(
    states,
    (all) => all.length === 3 && (all[2]?.to ?? 0) < Date.now() - 20,
  );
  expect(drawn.map(({ from: _, to: __, ...rest }) => rest)).toEqual([
    { state: 'ok', reason: 'crossed', crossed: true },
    { state: 'halted', reason: 'halt', crossed: true },
    { state: 'halted', reason: 'halt', crossed: false },
  ]);
  const [crossed, both, apart] = drawn;
  expect(crossed?.to).toBe(both?.from);
  expect(both?.to).toBe(apart?.from);
  expect(await at(must(crossed, 'it').from + 1)).toEqual({
    state: 'ok',
    reason: 'crossed',
    since: crossed?.from,
  });
  expect(await at(halted - 1)).toMatchObject({ reason: 'crossed' });
});

test('P28c, P28e: a hole has its source’s reason, and the age of its last book', async () => {
  const { push, begin, at, states } = market('HOLE@desk');
  await begin();
  const within = await push({ type: 'state', state: 'stale', reason: 'upstream-gap' });
  await push(snapshot(990), { type: 'state', state: 'ok' });
  await push(update(989));
  const drawn = await seen(
    states,
    (all) => all.length === 1 && (all[0]?.to ?? 0) < Date.now() - 20,
  );
  const hole = must(drawn[0], 'the hole');
  expect(hole).toMatchObject({ state: 'stale', crossed: false });
  expect(await at(within)).toEqual({ state: 'stale', reason: hole.reason, since: hole.from });
});

test('an error names the field', async () => {
  const { query, begin } = market('ASK@desk');
  await begin();
  for (const [more, message] of [
    ['&from=9&to=1', 'to: 1 is before from 9'],
    ['&session=none', 'session: unknown session none'],
    ['&replay=none', 'replay: unknown replay none'],
    ['&depth=3', 'depth: unknown query field'],
  ] as const) {
    const { status, body } = await feed.get(`/v1/states?${query}${more}`);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body).toMatchObject({ error: { message } });
  }
  expect((await feed.get('/v1/states?symbol=NOBODY@desk')).status).toBe(404);
});
