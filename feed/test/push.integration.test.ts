/* A market of your own, pushed into a real feed without another source: streamed, stored, recorded, resumable. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createParser } from 'eventsource-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';
import { must } from '@tapedeck/market/number/assert';

import { isType, TestClient } from './stream/test-client.ts';
import { TestFeed } from './test-feed.ts';

const SYMBOL = 'MINE/USD@desk';
const ANNOUNCED = { type: 'instrument', symbol: SYMBOL, tickSize: '0.01', lotSize: '1' };
const BOOK = { type: 'snapshot', symbol: SYMBOL, bids: [[999, 5]], asks: [[1_001, 5]] };

let feed: TestFeed;

beforeAll(async () => {
  feed = await TestFeed.start({ TAPEDECK_SOURCE: 'none' });
});
afterAll(() => feed.close());

const ingest = (...events: readonly object[]) => feed.post('/v1/ingest', { events });

test('before anything is pushed there is no session and no market', async () => {
  expect((await feed.get('/v1/sessions')).body).toEqual({ sessions: [] });
  expect((await feed.get('/v1/instruments')).body).toEqual({ instruments: [] });
  expect((await feed.get('/readyz')).status).toBe(200);
});

test('a session that a killed feed left open is closed before anything is pushed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-killed-'));
  const path = join(folder, 'history.db');
  const history = openHistory(path);
  const session = { label: 'Killed', source: 'live', state: 'recording', origin: {} } as const;
  history.sessions.create({ id: 'killed', now: Date.now(), ...session });
  history.close();
  const after = await TestFeed.start({ TAPEDECK_SOURCE: 'none', TAPEDECK_DB: path });
  expect((await after.get('/v1/sessions')).body).toMatchObject({
    sessions: [{ id: 'killed', open: false }],
  });
  await after.close();
  rmSync(folder, { recursive: true });
});

test('a pushed market is streamed, served, recorded and replayed like any other', async () => {
  expect((await ingest(ANNOUNCED, BOOK)).body).toMatchObject({
    applied: 2,
    markets: [{ symbol: SYMBOL, state: 'ok', sequence: 1 }],
  });
  const client = await TestClient.open(feed.stream);
  client.send({ type: 'subscribe', channels: [`book:${SYMBOL}:10:raw`, `trades:${SYMBOL}`] });
  const snapshot = await client.next(isType('book-snapshot'));
  expect(snapshot).toMatchObject({ bids: [[999, 5]], asks: [[1_001, 5]] });
  await client.next(isType('trades'));
  await ingest(
    { type: 'trade', symbol: SYMBOL, priceTicks: 1_001, sizeLots: 2, aggressor: 'buy' },
    { type: 'update', symbol: SYMBOL, asks: [[1_001, 3]] },
  );
  expect(await client.next(isType('book-delta'))).toMatchObject({ asks: [[1_001, 3]] });
  expect(await client.next(isType('trades'))).toMatchObject({ sequence: 1 });
  await client.close();

  const query = `symbol=${encodeURIComponent(SYMBOL)}`;
  expect((await feed.get(`/v1/book?${query}`)).body).toMatchObject({ asks: [[1_001, 3]] });
  expect((await feed.get(`/v1/candles?${query}&interval=1m`)).body).toMatchObject({
    candles: [{ open: 1_001, volume: 2 }],
  });
  const session = await recorded();
  expect(session).toMatchObject({ source: 'live', label: 'Pushed', symbols: [SYMBOL] });
  const replay = await feed.post('/v1/replays', { session: session.id });
  expect(replay.status).toBe(201);
});

/** The session, once the recorder has written the trade. */
async function recorded(): Promise<{ readonly id: string; readonly counts: { trades: number } }> {
  for (;;) {
    const { sessions } = (await feed.get('/v1/sessions')).body as {
      readonly sessions: readonly { readonly id: string; readonly counts: { trades: number } }[];
    };
    const found = sessions.find(({ counts }) => counts.trades > 0);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('P19: a pushed headline is stored, streamed, and returned by a resume', async () => {
  const first = await feed.post('/v1/news', { title: 'Before', id: 'n1', symbols: [SYMBOL] });
  expect(first).toEqual({ status: 201, body: { id: 'n1', duplicate: false, stored: true } });
  const stream = await Events.open(`${feed.base}/v1/events?topics=news`);
  const { from } = (await stream.next('sync')) as { readonly from: string };
  const link = 'https://desk.example/2?a=1';
  await feed.post('/v1/news', { title: 'During', id: 'n2', link });
  const during = { id: 'n2', title: 'During', source: 'desk', link };
  expect(await stream.next('news')).toMatchObject(during);
  stream.close();
  expect((await feed.post('/v1/news', { title: 'During', id: 'n2' })).body).toEqual({
    id: 'n2',
    duplicate: true,
    stored: true,
  });
  await feed.post('/v1/news', { title: 'Missed', id: 'n3' });
  const again = await Events.open(`${feed.base}/v1/events?topics=news&last_event_id=${from}`);
  expect(await again.next('sync')).toMatchObject({ resume: 'full', lost: 0 });
  expect(await again.next('news')).toMatchObject({ id: 'n2' });
  expect(await again.next('news')).toMatchObject({ id: 'n3' });
  again.close();
  const { headlines } = (await feed.get('/v1/news')).body as { headlines: { id: string }[] };
  expect(headlines[1]).toMatchObject(during);
  expect(headlines.map(({ id }) => id)).toEqual(['n3', 'n2', 'n1']);
});

type BadBody = readonly [path: string, status: number, named: string, body: object];
const BAD_BODIES: readonly BadBody[] = [
  ['/v1/ingest', 400, 'events', {}],
  ['/v1/ingest', 400, 'events', { events: [] }],
  ['/v1/ingest', 400, 'events: ', { events: Array(5_001).fill({ type: 'headline', title: 'x' }) }],
  ['/v1/ingest?x=1', 400, 'x: unknown query field', { events: [ANNOUNCED] }],
  ['/v1/news', 400, 'title', {}],
  ['/v1/news', 400, 'title', { title: ' ' }],
  ['/v1/news', 400, 'title', { title: 'x'.repeat(301) }],
  ['/v1/news', 400, 'symbols.0: is not NAME@venue, where', { title: 'x', symbols: ['NO'] }],
  ['/v1/news', 400, 'time: 9999999999999 is', { title: 'x', time: 9_999_999_999_999 }],
  ['/v1/news', 400, 'time: 1 is', { title: 'x', time: 1 }],
  ['/v1/news', 400, 'link: is not an http or https', { title: 'x', link: 'javascript:alert(1)' }],
  ['/v1/news', 400, 'link: is not an http or https', { title: 'x', link: 'https://' }],
  ['/v1/news', 400, 'title: has a control character', { title: 'a\u0007b' }],
  ['/v1/news', 400, 'title: has a control character', { title: 'two\nlines' }],
  [
    '/v1/news',
    400,
    'title: is not well-formed Unicode, got "bad \\ud800"',
    { title: 'bad \ud800' },
  ],
  ['/v1/news', 400, 'source: is not well-formed', { title: 'x', source: 'a\udc00' }],
  ['/v1/news', 400, 'id: is not well-formed', { title: 'x', id: '\ud83d' }],
  ['/v1/news', 404, 'symbols.1: unknown symbol NO@zz', { title: 'x', symbols: [SYMBOL, 'NO@zz'] }],
  ['/v1/news', 400, 'source: has a control character', { title: 'x', source: 'a\u0000b' }],
];
type BadEvent = readonly [status: number, named: string, event: object];
const BAD_EVENTS: readonly BadEvent[] = [
  [400, 'type', { type: 'wish' }],
  [400, 'symbol: is not NAME@venue, where', { ...ANNOUNCED, symbol: 'MINE' }],
  ...['0', '0.00', '1e-2', '.5', '00.1', '1.', '-1', ' 1', '0x1', ''].map((tickSize): BadEvent => [
    400,
    `tickSize: is not a positive plain decimal, got "${tickSize}"`,
    { ...ANNOUNCED, tickSize },
  ]),
  [400, 'symbol: the venue of "X@sim"', { ...ANNOUNCED, symbol: 'X@sim' }],
  [400, 'bids.0.0', { ...BOOK, bids: [[1.5, 1]] }],
  [400, 'bids.0.1', { ...BOOK, bids: [[1, -1]] }],
  [
    400,
    'bids: has more than 5000',
    { ...BOOK, bids: Array.from({ length: 5_001 }, (_, i) => [i, 1]) },
  ],
  [400, 'price: unknown json field', { ...BOOK, price: 5 }],
  [404, 'symbol: "NO@desk" was not announced', { ...BOOK, symbol: 'NO@desk' }],
];
const BAD_PUSHES: readonly BadBody[] = [
  ...BAD_BODIES,
  ...BAD_EVENTS.map(([status, named, event]): BadBody => [
    '/v1/ingest',
    status,
    `events.1.${named}`,
    { events: [ANNOUNCED, event] },
  ]),
];
test.each(BAD_PUSHES)('a bad POST to %s is refused with %i naming %s', async (...bad) => {
  const [path, status, named, body] = bad;
  const answer = await feed.post(path, body);
  const { error } = answer.body as { error: { message: string } };
  expect(error.message).toContain(named);
  expect(answer.status).toBe(status);
});

test('the operator’s endpoints are in the API description', async () => {
  const { paths } = (await feed.get('/v1/openapi.json')).body as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  };
  for (const path of ['/v1/ingest', '/v1/news', '/v1/simulation', '/v1/chaos'])
    expect(paths[path]?.['post'], path).toMatchObject({
      requestBody: { required: true },
      responses: { 400: {}, 403: {} },
    });
});

test('nothing of a refused batch is applied', async () => {
  await ingest(ANNOUNCED, BOOK);
  const query = `/v1/book?symbol=${encodeURIComponent(SYMBOL)}`;
  const before = (await feed.get(query)).body;
  const update = { type: 'update', symbol: SYMBOL, bids: [[500, 1]] };
  const other = { ...ANNOUNCED, symbol: 'NEW@desk' };
  expect((await ingest(update, other, { ...update, symbol: 'NO@desk' })).status).toBe(404);
  expect((await feed.get(query)).body).toEqual(before);
  expect((await feed.get('/v1/book?symbol=NEW@desk')).status).toBe(404);
});

test('a body without a length is read no further than the limit', async () => {
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024).fill(32)),
  });
  const response = await fetch(`${feed.base}/v1/ingest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: endless,
    duplex: 'half',
  } as RequestInit);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { message: 'body: it is over the limit of 1048576 bytes' },
  });
});

test('P24a: without a token every client on this machine is an operator', async () => {
  const headline = { title: 'From afar' };
  const answer = await feed.post('/v1/news', headline, {
    'x-forwarded-for': '127.0.0.1, 203.0.113.9',
  });
  expect(answer).toMatchObject({
    status: 403,
    body: { error: { code: 103, message: expect.stringContaining('"203.0.113.9"') as string } },
  });
  const evil = await feed.post('/v1/news', headline, { origin: 'https://evil.example' });
  expect(evil.status).toBe(403);
});

test('P24a: with a token an operator sends it as a header; in the URL it is not enough', async () => {
  const guarded = await TestFeed.start({ TAPEDECK_SOURCE: 'none', TAPEDECK_TOKEN: 'secret' });
  const headline = { title: 'Guarded' };
  const refused = await fetch(`${guarded.base}/v1/instruments`);
  expect(refused.status).toBe(401);
  expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="tapedeck"');
  expect((await guarded.post('/v1/news', headline)).status).toBe(401);
  expect(await guarded.post('/v1/news?token=secret', headline)).toMatchObject({
    status: 403,
    body: { error: { code: 103, message: expect.stringContaining('authorization') as string } },
  });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  expect((await guarded.post('/v1/news', headline, bearer('wrong'))).status).toBe(401);
  expect((await guarded.post('/v1/news', headline, bearer('secret'))).status).toBe(201);
  // The scheme is case-insensitive, a token is not.
  const lower = await guarded.post('/v1/news', headline, { authorization: 'bearer secret' });
  expect(lower.status).toBe(201);
  const upper = await guarded.post('/v1/news', headline, { authorization: 'bearer SECRET' });
  expect(upper.status).toBe(401);
  await guarded.close();
});

/** A reader of server-sent events that waits for given ones. */
class Events {
  readonly #abort = new AbortController();
  readonly #queue: { readonly event: string; readonly data: unknown }[] = [];
  #wake: (() => void) | undefined;

  static async open(url: string): Promise<Events> {
    const events = new Events();
    const response = await fetch(url, { signal: events.#abort.signal });
    const parser = createParser({
      onEvent: ({ event, data }) => {
        events.#queue.push({ event: event ?? 'message', data: JSON.parse(data) });
        events.#wake?.();
      },
    });
    void events.#read(must(response.body, 'a body'), parser);
    return events;
  }

  async next(name: string): Promise<unknown> {
    for (;;) {
      const found = this.#queue.shift();
      if (found?.event === name) return found.data;
      if (found === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(
    body: ReadableStream<Uint8Array>,
    parser: ReturnType<typeof createParser>,
  ): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body) parser.feed(decoder.decode(chunk, { stream: true }));
    } catch {
      // Closed by the test.
    }
  }
}

test('section 2: headlines and status events name only symbols that are known, or announced before them', async () => {
  const about = (symbol: string) => [
    { type: 'headline', title: 'About', symbols: [symbol] },
    { type: 'status', kind: 'maintenance', message: 'About', symbols: [symbol] },
  ];
  for (const event of about('NO@zz'))
    expect(await ingest({ ...ANNOUNCED, symbol: 'NEW@zz' }, event)).toMatchObject({
      status: 404,
      body: { error: { code: 102, message: 'events.1.symbols.0: unknown symbol NO@zz' } },
    });
  // It is refused as a whole: nothing was announced.
  expect((await feed.get('/v1/tickers?symbols=NEW@zz')).status).toBe(404);
  const [headline, status] = about('NEW@zz');
  const late = await ingest(headline ?? {}, { ...ANNOUNCED, symbol: 'NEW@zz' });
  expect(late.status).toBe(404);
  const batch = [{ ...ANNOUNCED, symbol: 'NEW@zz' }, headline ?? {}, status ?? {}];
  expect((await ingest(...batch)).body).toMatchObject({ applied: 3 });
  await fetch(`${feed.base}/v1/ingest?symbol=NEW@zz`, { method: 'DELETE' });
});

test('P15: a crossed book is flagged in every answer, live and recorded', async () => {
  const symbol = 'CROSS@desk';
  const bids = [[1_002, 5]];
  const asked = async (path: string): Promise<unknown> => (await feed.get(path)).body;
  await ingest({ ...ANNOUNCED, symbol }, { ...BOOK, symbol, bids });
  const flag = { state: 'ok', reason: 'crossed' };
  expect(await asked(`/v1/book?symbol=${symbol}`)).toMatchObject({ ...flag, bids });
  expect(await asked(`/v1/tickers?symbols=${symbol}`)).toMatchObject({ tickers: [flag] });
  const named = { symbol, ...flag };
  const listed = expect.arrayContaining([expect.objectContaining(named)]) as unknown;
  expect(await asked('/v1/instruments')).toMatchObject({ instruments: listed });
  expect(await asked('/v1/status')).toMatchObject({ symbols: listed });
  expect(await asked('/readyz')).toMatchObject({ crossed: [symbol] });
  expect((await feed.post('/v1/news', { title: 'Crossed' })).body).toMatchObject({ stored: true });
  const [{ id }] = ((await asked('/v1/sessions')) as { sessions: [{ id: string }] }).sessions;
  const path = `/v1/book?symbol=${symbol}&session=${id}`;
  expect(await asked(path)).toMatchObject({ ...flag, bids, session: id });
  await ingest({ ...BOOK, symbol });
  expect(await asked('/readyz')).toMatchObject({ crossed: [] });
});
