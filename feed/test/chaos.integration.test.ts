/* The chaos switch of a real feed: who may use it, that it is announced, and that clients recover. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type ChaosReport, VENUE_FAULTS } from '@tapedeck/market/wire/chaos';

import { TestFeed } from './test-feed.ts';
import { TestLink } from './test-link.ts';

const BOOK = 'book:BTC-USD@sim:25:100ms';
const TRADES = 'trades:BTC-USD@sim';
const NO_FAULTS = { drop: 0, duplicate: 0, reorder: 0, corrupt: 0, stallMs: 0 };

let feed: TestFeed;

beforeAll(async () => {
  feed = await TestFeed.start({ TAPEDECK_CHAOS: 'on' });
}, 60_000);
afterAll(() => feed.close());

const command = (body: object) => feed.post('/v1/chaos', body);
const report = async () => (await feed.get('/v1/chaos')).body as ChaosReport;
const calm = () => command({ target: 'connections', faults: {} });
const events = async () =>
  (
    (await feed.get('/v1/status')).body as {
      readonly events: readonly {
        readonly kind: string;
        readonly severity: string;
        readonly message: string;
      }[];
    }
  ).events.filter(({ kind }) => kind === 'chaos');

test('allowed is not active: the feed is ready, and says what it allows', async () => {
  expect(await report()).toMatchObject({ active: false, faults: NO_FAULTS, connections: [] });
  expect((await feed.get('/readyz')).status).toBe(200);
  expect(await events()).toMatchObject([{ severity: 'info' }]);
});

test('while faults are injected the feed is not ready, and announces that', async () => {
  await command({ target: 'connections', faults: { drop: 0.01 } });
  expect(await feed.get('/readyz')).toMatchObject({
    status: 503,
    body: { reasons: ['faults are injected on purpose'] },
  });
  expect((await feed.get('/v1/status')).body).toMatchObject({
    chaos: { active: true, faults: { drop: 0.01 } },
  });
  expect((await events()).at(-1)).toMatchObject({
    severity: 'critical',
    message: 'faults are injected on purpose: all connections: drop 0.01',
  });
  expect((await feed.get('/v1/events/since')).body).toMatchObject({ sync: { chaos: true } });
  const stream = await fetch(`${feed.base}/v1/events`);
  const { value } = (await stream.body?.getReader().read()) ?? {};
  expect(new TextDecoder().decode(value)).toContain('"chaos":true');
  await calm();
  expect((await feed.get('/readyz')).status).toBe(200);
  expect((await events()).at(-1)).toMatchObject({ severity: 'info' });
  expect((await feed.get('/v1/events/since')).body).not.toHaveProperty('sync.chaos');
});

test('P16: a client whose frames are dropped, duplicated, reordered and corrupted recovers by itself', async () => {
  const client = new TestLink({ url: feed.stream, seed: 3, channels: [BOOK, TRADES] });
  await until(() => client.isRight);
  const faults = { drop: 0.1, duplicate: 0.1, reorder: 0.1, corrupt: 0.1 };
  const answer = await command({ target: 'connection', connection: client.connection, faults });
  expect(answer.body).toMatchObject({
    connections: [{ connection: client.connection, faults: { ...NO_FAULTS, ...faults } }],
  });
  await until(async () => {
    const { injected } = await report();
    return (['drop', 'duplicate', 'reorder', 'corrupt'] as const).every(
      (kind) => injected[kind] > 1,
    );
  });
  expect(client.link.resyncs).toBeGreaterThan(0);
  const metrics = await (await fetch(`${feed.base}/metrics`)).text();
  expect(metrics).toMatch(/tapedeck_chaos_faults_total\{kind="corrupt"\} [1-9]/);
  expect(metrics).toContain('tapedeck_chaos_active 1');
  expect(metrics).toMatch(/tapedeck_resyncs_total\{symbol="BTC-USD@sim",reason="gap"\} [1-9]/);
  await command({ target: 'connection', connection: client.connection, faults: {} });
  await until(() => client.isRight);
  await until(() => isEqual(client));
  client.stop();
  await until(async () => (await report()).connections.length === 0);
});

test('a fault of a symbol’s source is seen only by its clients, and passes', async () => {
  const client = new TestLink({
    url: feed.stream,
    seed: 4,
    channels: [BOOK, 'book:ETH-USD@sim:25:100ms'],
  });
  await until(() => client.isRight);
  const gap = { target: 'symbol', symbol: 'BTC-USD@sim', fault: 'gap', forMs: 1_000 };
  expect((await command(gap)).body).toMatchObject({ active: true, symbols: [{ fault: 'gap' }] });
  await until(() => client.mirror(BOOK).state !== 'ok');
  expect(client.mirror('book:ETH-USD@sim:25:100ms').state).toBe('ok');
  await until(() => client.isRight);
  expect(await report()).toMatchObject({ active: false, injected: { gap: 1 } });
  client.stop();
});

test.each([
  [{}, 400, 'target'],
  [{ target: 'world' }, 400, 'target'],
  [{ target: 'connections', faults: { drop: 0.9 } }, 400, 'faults.drop'],
  [{ target: 'connections', faults: { lose: 0.1 } }, 400, 'faults.lose: unknown json field'],
  [{ target: 'connections', faults: { stallMs: 60_001 } }, 400, 'faults.stallMs'],
  [
    { target: 'connection', connection: 'c999', faults: {} },
    404,
    'connection: unknown connection c999',
  ],
  [{ target: 'symbol', symbol: 'NO@sim', fault: 'gap' }, 404, 'symbol: unknown symbol NO@sim'],
  [{ target: 'symbol', symbol: 'BTC-USD@sim', fault: 'fire' }, 400, 'fault'],
  [{ target: 'symbol', symbol: 'BTC-USD@sim', fault: 'gap', forMs: 1 }, 400, 'forMs'],
])('the command %j is refused with %i naming %s', async (body, status, named) => {
  const before = await report();
  const answer = await command(body);
  expect((answer.body as { error: { message: string } }).error.message).toContain(named);
  expect(answer.status).toBe(status);
  expect(await report()).toEqual(before);
});

test('a pushed symbol cannot have source faults, and the refusal names it', async () => {
  const symbol = 'MINE@desk';
  const announced = { type: 'instrument', symbol, tickSize: '1', lotSize: '1' };
  const book = { type: 'snapshot', symbol, bids: [[99, 1]], asks: [[101, 1]] };
  await feed.post('/v1/ingest', { events: [announced, book] });
  for (const fault of VENUE_FAULTS) {
    const answer = await command({ target: 'symbol', symbol, fault });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        error: {
          code: 107,
          message: expect.stringContaining(`symbol: ${symbol} is pushed`) as string,
        },
      },
    });
  }
  expect(await report()).toMatchObject({ symbols: [] });
  await fetch(`${feed.base}/v1/ingest?symbol=${encodeURIComponent(symbol)}`, { method: 'DELETE' });
  const gone = await command({ target: 'symbol', symbol, fault: 'gap' });
  expect(gone).toMatchObject({ status: 404 });
});

test('initial faults are announced from the start', async () => {
  const harmed = await TestFeed.start({
    TAPEDECK_SOURCE: 'none',
    TAPEDECK_CHAOS: 'drop=0.01,stall=2s',
  });
  expect((await harmed.get('/readyz')).status).toBe(503);
  expect((await harmed.get('/v1/status')).body).toMatchObject({
    chaos: { active: true, faults: { drop: 0.01, stallMs: 2_000 } },
    events: [
      { kind: 'feed-start' },
      {
        kind: 'chaos',
        severity: 'critical',
        message: expect.stringContaining('drop 0.01') as string,
      },
    ],
  });
  await harmed.close();
});

test('P24a: only an operator may, and only if it is allowed', async () => {
  const foreign = { 'x-forwarded-for': '203.0.113.9' };
  const body = { target: 'connections', faults: {} };
  expect((await feed.post('/v1/chaos', body, foreign)).status).toBe(403);
  const plain = await TestFeed.start({ TAPEDECK_SOURCE: 'none' });
  const refused = {
    status: 403,
    body: { error: { code: 103, message: expect.stringContaining('TAPEDECK_CHAOS=on') as string } },
  };
  expect(await plain.get('/v1/chaos')).toMatchObject(refused);
  expect(await plain.post('/v1/chaos', body)).toMatchObject(refused);
  expect((await plain.get('/v1/status')).body).not.toHaveProperty('chaos');
  await plain.close();
});

/** Whether the client's book equals the feed's, at a time when both are at the same change. */
async function isEqual(client: TestLink): Promise<boolean> {
  const { body } = await feed.get('/v1/book?symbol=BTC-USD@sim&depth=25');
  const { book } = client.mirror(BOOK);
  const { sequence, bids, asks } = body as ReturnType<typeof book.snapshot>;
  if (sequence !== book.sequence) return false;
  expect({ bids: book.bids.top(), asks: book.asks.top() }).toEqual({ bids, asks });
  return true;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
