/* One real feed on port 0 with a real history file, over real sockets: the protocol's rules seen from outside. */
import { createParser } from 'eventsource-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { BookMirror } from '@tapedeck/market/book/book-mirror';
import {
  bookSchema,
  candlesSchema,
  sessionsSchema,
  statusSchema,
} from '@tapedeck/market/wire/http';

import { isType, TestClient } from './stream/test-client.ts';
import { TestFeed } from './test-feed.ts';

let feed: TestFeed;
let base: string;
let stream: string;

beforeAll(async () => {
  feed = await TestFeed.start();
  ({ base, stream } = feed);
}, 60_000);

afterAll(() => feed.close());

const get = (path: string) => feed.get(path);

test('P4, P5: the first frame is a hello with version, epoch and limits', async () => {
  const client = await TestClient.open(stream);
  const hello = await client.next(isType('hello'));
  expect(hello).toMatchObject({ version: 1, mode: 'live', heartbeatMs: 15_000 });
  expect(hello.limits).toEqual({ messagesPerSecond: 10, channels: 128, frameBytes: 16_384 });
  await client.close();
});

test.each(['raw', '50ms', '100ms', '250ms', '1s'])(
  'P7, P9-P14: tier %s sends subscribed, a snapshot, then deltas that chain and match their checksums',
  async (tier) => {
    const client = await TestClient.open(stream);
    client.send({ type: 'subscribe', id: 5, channels: [`book:BTC-USD@sim:25:${tier}`] });
    const subscribed = await client.next(isType('subscribed'));
    expect(subscribed).toMatchObject({
      id: 5,
      channels: [{ name: `book:BTC-USD@sim:25:${tier}` }],
    });
    expect(subscribed.channels[0]?.instrument).toEqual({
      symbol: 'BTC-USD@sim',
      tickSize: '0.1',
      lotSize: '0.00000001',
      base: 'BTC',
      quote: 'USD',
    });
    const mirror = new BookMirror();
    const first = await client.next((m) => m.type === 'book-snapshot' || m.type === 'book-delta');
    expect(first.type).toBe('book-snapshot');
    if (first.type === 'book-snapshot') mirror.applySnapshot(first);
    let checksums = 0;
    for (let i = 0; i < 6; i++) {
      const message = await client.next(
        (m) => m.type === 'book-delta' || m.type === 'book-snapshot',
      );
      if (message.type === 'book-snapshot') expect(mirror.applySnapshot(message)).toBe('applied');
      if (message.type !== 'book-delta') continue;
      expect(message.merged).toBe(message.sequence - message.previous);
      if (message.checksum !== undefined) checksums++;
      expect(mirror.applyDelta(message)).toBe('applied');
      expect(mirror.book.bids.length).toBe(25);
      expect(mirror.book.asks.length).toBe(25);
    }
    expect(mirror.state).toBe('ok');
    if (tier === '1s') expect(checksums).toBeGreaterThan(0);
    await client.close();
  },
  20_000,
);

test('P6: a channel has the same id for every connection', async () => {
  const ids: (number | undefined)[] = [];
  for (let i = 0; i < 2; i++) {
    const client = await TestClient.open(stream);
    client.send({ type: 'subscribe', channels: ['trades:SOL-USD@sim', 'ticker:SOL-USD@sim'] });
    ids.push((await client.next(isType('subscribed'))).channels[1]?.channel);
    await client.close();
  }
  expect(ids[0]).toBe(ids[1]);
});

test('trades chain without a gap, and since resumes them in full (P17)', async () => {
  const client = await TestClient.open(stream);
  client.send({ type: 'subscribe', channels: ['trades:BTC-USD@sim'] });
  const first = await client.next(isType('trades'));
  const second = await client.next(isType('trades'));
  expect(second.previous).toBe(first.sequence);
  await client.close();
  const again = await TestClient.open(stream);
  const since = { epoch: first.epoch ?? '', sequence: first.sequence };
  again.send({
    type: 'subscribe',
    channels: ['trades:BTC-USD@sim'],
    since: { 'trades:BTC-USD@sim': since },
  });
  expect((await again.next(isType('subscribed'))).channels[0]?.resume).toBe('full');
  const resumed = await again.next(isType('trades'));
  expect(resumed.previous).toBe(first.sequence);
  expect(resumed.trades[0]?.[0]).toBe(first.sequence + 1);
  await again.close();
});

test('P18: the forming candle continues where GET /v1/candles ends', async () => {
  const client = await TestClient.open(stream);
  client.send({ type: 'subscribe', channels: ['candles:BTC-USD@sim:1m'] });
  const forming = await client.next(isType('candle'));
  const { body } = await get('/v1/candles?symbol=BTC-USD@sim&interval=1m&limit=1000');
  const history = candlesSchema.parse(body);
  expect(history.candles).toHaveLength(1_000);
  const last = history.candles.at(-1);
  expect(last?.openTime).toBeGreaterThanOrEqual(forming.openTime);
  expect(history.asOfSequence).toBeGreaterThanOrEqual(forming.sequence);
  // Whatever comes later in the stream continues exactly that candle.
  const next = await client.next((m) => m.type === 'candle' && m.sequence > history.asOfSequence);
  if (next.type === 'candle' && next.openTime === last?.openTime) {
    expect(next.open).toBe(last.open);
    expect(next.trades).toBe(last.trades + next.sequence - history.asOfSequence);
  }
  await client.close();
});

test('GET /v1/book: depth 0 is the whole book, the checksum is that of its top ten', async () => {
  const { body } = await get('/v1/book?symbol=BTC-USD@sim&depth=0');
  const whole = bookSchema.parse(body);
  expect(whole.bids.length).toBeGreaterThan(50);
  expect(whole.state).toBe('ok');
});

test('subscribing twice is error 105, unsubscribing ends the channel', async () => {
  const client = await TestClient.open(stream);
  client.send({ type: 'subscribe', channels: ['ticker:BTC-USD@sim'] });
  const { channels } = await client.next(isType('subscribed'));
  client.send({ type: 'subscribe', id: 2, channels: ['ticker:BTC-USD@sim'] });
  expect(await client.next(isType('error'))).toMatchObject({ id: 2, code: 105 });
  client.send({ type: 'unsubscribe', id: 3, channels: [channels[0]?.channel ?? 0] });
  expect(await client.next(isType('unsubscribed'))).toMatchObject({ id: 3 });
  await client.close();
});

test('P23: a flood first gets error 111, then closed with 4512', async () => {
  const client = await TestClient.open(stream);
  for (let i = 0; i < 200; i++) client.send({ type: 'ping', id: i });
  expect(await client.next(isType('error'))).toMatchObject({ code: 111, temporary: true });
  expect((await client.closed).code).toBe(4512);
});

test('P23: the 129th channel is error 106', async () => {
  const client = await TestClient.open(stream);
  const channels = ['BTC', 'ETH', 'SOL', 'DOGE', 'XRP'].flatMap((name) =>
    [10, 25, 50, 200].flatMap((depth) =>
      ['raw', '50ms', '100ms', '250ms', '1s', '1m', '5m'].map((tier) =>
        tier.endsWith('m') && !tier.endsWith('ms')
          ? `candles:${name}-USD@sim:${depth === 10 ? tier : '1h'}`
          : `book:${name}-USD@sim:${depth}:${tier}`,
      ),
    ),
  );
  const unique = [...new Set(channels)];
  const extra = ['SOL', 'XRP', 'BTC', 'ETH', 'DOGE'].flatMap((name) =>
    ['1s', '5s', '15s', '15m', '4h', '1d'].map((interval) => `candles:${name}-USD@sim:${interval}`),
  );
  client.send({ type: 'subscribe', channels: [...unique, ...extra].slice(0, 129) });
  expect(await client.next(isType('error'))).toMatchObject({ code: 106 });
  expect((await client.next(isType('subscribed'))).channels).toHaveLength(128);
  await client.close();
});

test('P23: the 21st connection of an address is closed with 4504', async () => {
  const clients: TestClient[] = [];
  for (let i = 0; i < 20; i++) clients.push(await TestClient.open(stream));
  const refused = await TestClient.open(stream);
  expect((await refused.closed).code).toBe(4504);
  await Promise.all(clients.map((client) => client.close()));
});

test.each([
  ['http://evil.example', 4507],
  ['null', 4507],
  ['http://127.0.0.1:3998', 4507],
])('P24: the origin %s is closed with %i, and its fetches get 403', async (origin, code) => {
  const client = await TestClient.open(stream, { origin });
  expect((await client.closed).code).toBe(code);
  const response = await fetch(`${base}/v1/instruments`, { headers: { origin } });
  expect(response.status).toBe(403);
});

test.each(['http://127.0.0.1:3999', 'http://localhost:3999'])(
  'P24: the dashboard at %s is allowed',
  async (origin) => {
    const client = await TestClient.open(stream, { origin });
    await client.next(isType('hello'));
    await client.close();
    const response = await fetch(`${base}/v1/instruments`, { headers: { origin } });
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  },
);

test('an unknown replay is closed with 4510', async () => {
  const client = await TestClient.open(`${stream}?replay=none`);
  expect((await client.closed).code).toBe(4510);
});

test('P19: events begin with sync, carry ids, and resume after Last-Event-ID', async () => {
  const read = async (headers: Record<string, string>, count: number) => {
    const abort = new AbortController();
    const response = await fetch(`${base}/v1/events?topics=status,session,alert`, {
      headers,
      signal: abort.signal,
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    const seen: { id: string | undefined; event: string | undefined; data: string }[] = [];
    let retry = 0;
    const parser = createParser({
      onEvent: ({ id, event, data }) => seen.push({ id, event, data }),
      onRetry: (value) => (retry = value),
    });
    for await (const chunk of response.body ?? []) {
      parser.feed(Buffer.from(chunk as Uint8Array).toString());
      if (seen.length >= count) break;
    }
    abort.abort();
    expect(retry).toBeGreaterThanOrEqual(2_500);
    expect(retry).toBeLessThanOrEqual(4_500);
    return seen;
  };
  // A cross-origin page: the middleware that allows it must not remove the stream's headers.
  const [sync] = await read({ origin: 'http://127.0.0.1:3999' }, 1);
  expect(sync?.event).toBe('sync');
  expect(JSON.parse(sync?.data ?? '')).toMatchObject({ resume: 'none', lost: 0 });
  const epoch = sync?.id?.split(':')[0] ?? '';
  const resumed = await read({ 'last-event-id': `${epoch}:0` }, 2);
  expect(JSON.parse(resumed[0]?.data ?? '')).toMatchObject({ resume: 'full', from: `${epoch}:0` });
  expect(resumed[1]?.id).toMatch(new RegExp(`^${epoch}:\\d+$`));
  const { body } = await get(`/v1/events/since?id=${epoch}:0&topics=status,session,alert`);
  expect(body).toMatchObject({ sync: { resume: 'full' } });
  expect((body as { events: { id: string }[] }).events[0]?.id).toBe(resumed[1]?.id);
});

test('alerts are created, listed, changed and deleted; one fires over SSE and into the log', async () => {
  const headers = { 'content-type': 'application/json' };
  const rule = { symbol: 'BTC-USD@sim', kind: 'at-least', priceTicks: 1 };
  const made = await fetch(`${base}/v1/alerts`, {
    method: 'POST',
    headers,
    body: JSON.stringify(rule),
  });
  expect(made.status).toBe(201);
  const { id } = (await made.json()) as { id: string };
  const deadline = Date.now() + 10_000;
  let log: { ruleId: string; state: string }[] = [];
  while (Date.now() < deadline && !log.some((event) => event.state === 'firing')) {
    const client = await TestClient.open(stream);
    client.send({ type: 'subscribe', channels: ['trades:BTC-USD@sim'] });
    await client.next(isType('trades'));
    await client.next(isType('trades'));
    await client.close();
    log = ((await get('/v1/alerts')).body as { log: typeof log }).log;
  }
  expect(log).toContainEqual(expect.objectContaining({ ruleId: id, state: 'firing' }));
  const patched = await fetch(`${base}/v1/alerts/${id}`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify({ note: 'moon' }),
  });
  expect(await patched.json()).toMatchObject({ id, note: 'moon' });
  expect((await fetch(`${base}/v1/alerts/${id}`, { method: 'DELETE' })).status).toBe(204);
});

test('status, readiness, metrics and OpenAPI answer', async () => {
  const status = statusSchema.parse((await get('/v1/status')).body);
  expect(status.symbols.length).toBeGreaterThanOrEqual(8);
  // Its thread takes a moment to start, a long one on a busy machine.
  await expect
    .poll(async () => statusSchema.parse((await get('/v1/status')).body).recorder.state)
    .toBe('ok');
  expect((await get('/readyz')).body).toMatchObject({ ready: true, reasons: [] });
  expect(await (await fetch(`${base}/metrics`)).text()).toContain('tapedeck_connections ');
  const { body } = await get('/v1/openapi.json');
  expect(Object.keys((body as { paths: object }).paths)).toContain('/v1/candles');
});

test('a first start has sessions to replay, candles of a day, and news', async () => {
  const { sessions } = sessionsSchema.parse((await get('/v1/sessions')).body);
  expect(sessions.every((session) => session.source === 'sim')).toBe(true);
  expect(sessions.some((session) => session.counts.segments > 100)).toBe(true);
  const { body } = await get('/v1/candles?symbol=PEPE-USD@sim&interval=1h');
  expect(candlesSchema.parse(body).candles.length).toBeGreaterThanOrEqual(24);
  const news = (await get('/v1/news')).body as { headlines: unknown[] };
  expect(news.headlines.length).toBeGreaterThan(10);
});
