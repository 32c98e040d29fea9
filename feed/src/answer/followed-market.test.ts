/* P32: a market followed by polling, with the real routes over the real engine; the test sets the time. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { type History, openHistory } from '@tapedeck/db/history';
import { bookSchema, tickersSchema, tradesBodySchema } from '@tapedeck/market/wire/http';

import { SYMBOL, TestMarket } from '../../test/stream/test-market.ts';
import { ReplayRooms } from '../replay/replay-rooms.ts';
import { marketRoutes } from '../route/market-routes.ts';
import { ChannelIds } from '../stream/channel/channel-ids.ts';
import { ApiError } from './api-error.ts';

let market: TestMarket;
let history: History;
let rooms: ReplayRooms;

beforeEach(() => {
  market = new TestMarket();
  history = openHistory(':memory:');
  rooms = new ReplayRooms({
    history,
    clock: market.clock,
    ids: new ChannelIds(),
    newId: () => 'r',
    workNow: () => 0,
  });
});
afterEach(() => {
  rooms.close();
  history.close();
});

function ask(path: string, known?: string | null): Promise<Response> {
  const routes = marketRoutes({
    engine: market.engine,
    history,
    rooms,
    clock: market.clock,
    workNow: () => 0,
  });
  routes.onError((error, c) => {
    if (error instanceof ApiError) return c.json(error.body, error.status);
    throw error;
  });
  const headers = known === undefined || known === null ? {} : { 'if-none-match': known };
  return Promise.resolve(routes.request(path, { headers }));
}

const BOOK = `/v1/book?symbol=${SYMBOL}&depth=10`;
const TRADES = `/v1/trades?symbol=${SYMBOL}`;

test('P32: an unchanged book is a 304 with the feed’s clock, any change is a body', async () => {
  const first = await ask(BOOK);
  const tag = first.headers.get('etag');
  expect(first.headers.get('cache-control')).toBe('no-cache');
  expect(bookSchema.parse(await first.json())).toMatchObject({ bids: [[999, 5]], state: 'ok' });
  market.clock.advance(500);
  const same = await ask(BOOK, tag);
  expect([same.status, await same.text()]).toEqual([304, '']);
  expect(same.headers.get('feed-time')).toBe(String(market.clock.now()));
  const monotonicOf = ({ headers }: Response): number => Number(headers.get('feed-monotonic'));
  expect(monotonicOf(same) - monotonicOf(first)).toBe(500);
  expect(same.headers.get('access-control-expose-headers')).toContain('Feed-Monotonic');
  expect((await ask(BOOK, `"other", W/${tag}`)).status).toBe(304);
  expect((await ask(BOOK, '*')).status).toBe(304);
  expect((await ask(BOOK, '"*"')).status).toBe(200);
  market.update();
  market.clock.advance(1);
  const changed = await ask(BOOK, tag);
  expect(changed.status).toBe(200);
  expect(changed.headers.get('etag')).not.toBe(tag);
});

test('a book that is no longer ok is a new response that says why and since when', async () => {
  const tag = (await ask(BOOK)).headers.get('etag');
  market.clock.advance(60_000);
  const since = market.clock.now();
  market.engine.market(SYMBOL)?.setState('stale', 'upstream-silent', since);
  const body = bookSchema.parse(await (await ask(BOOK, tag)).json());
  expect(body).toMatchObject({ state: 'stale', reason: 'upstream-silent', since });
});

test('P15: a crossed or locked book says so and since when, halted or not', async () => {
  const uncrossed = await ask(BOOK);
  market.update([[1_001, 3]]);
  const since = market.market.book.receiveTime;
  const locked = await ask(BOOK, uncrossed.headers.get('etag'));
  expect(bookSchema.parse(await locked.json())).toMatchObject({
    ...{ state: 'ok', reason: 'crossed', since },
  });
  market.clock.advance(500);
  market.update([[1_005, 3]]);
  const flagged = { state: 'ok', reason: 'crossed', since };
  expect(await (await ask(BOOK)).json()).toMatchObject(flagged);
  expect(await (await ask('/v1/tickers')).json()).toMatchObject({ tickers: [flagged] });
  expect(await (await ask('/v1/instruments')).json()).toMatchObject({ instruments: [flagged] });
  market.engine.setState(market.market, 'halted', 'halt');
  expect(await (await ask(BOOK)).json()).toMatchObject({ ...flagged, state: 'halted' });
  expect(await (await ask('/v1/tickers')).json()).toMatchObject({
    tickers: [{ state: 'halted', reason: 'halt' }],
  });
  market.engine.setState(market.market, 'ok', 'requested');
  market.update([
    [1_005, 0],
    [1_001, 0],
  ]);
  const over = bookSchema.parse(await (await ask(BOOK)).json());
  expect([over.state, over.reason, over.since]).toEqual(['ok', undefined, undefined]);
});

test('P32a: polling from sequence to sequence returns every trade once, in pages', async () => {
  market.trade(30);
  let { sequence = 0, epoch = '' } = tradesBodySchema.parse(
    await (await ask(`${TRADES}&limit=5`)).json(),
  );
  expect(sequence).toBe(30);
  const seen: number[] = [];
  market.trade(1_000);
  for (let i = 0; i < 20; i++) {
    const answer = await ask(`${TRADES}&since=${epoch}:${sequence}&limit=97`);
    const body = tradesBodySchema.parse(await answer.json());
    expect(body.resume).toBe('full');
    for (const [each] of body.trades) seen.push(each);
    sequence = body.sequence ?? 0;
    epoch = body.epoch ?? '';
    if (i < 5) market.trade(10);
  }
  expect(seen).toEqual(Array.from({ length: 1_050 }, (_, i) => 31 + i));
  const same = await ask(`${TRADES}&since=${epoch}:${sequence}`);
  const again = await ask(`${TRADES}&since=${epoch}:${sequence}`, same.headers.get('etag'));
  expect([same.status, again.status]).toEqual([200, 304]);
});

test('P17, P32a: lost trades are counted, and a position of another epoch gets the newest trades', async () => {
  market.trade(3_000);
  const { epoch } = market.market;
  const partial = tradesBodySchema.parse(
    await (await ask(`${TRADES}&since=${epoch}:400&limit=5000`)).json(),
  );
  expect(partial).toMatchObject({ resume: 'partial', lost: 600, sequence: 3_000 });
  expect(partial.trades[0]?.[0]).toBe(1_001);
  const other = tradesBodySchema.parse(
    await (await ask(`${TRADES}&since=elsewhere:1&limit=2`)).json(),
  );
  expect(other).toMatchObject({ resume: 'none', epoch, sequence: 3_000 });
  expect(other.trades.map(([sequence]) => sequence)).toEqual([2_999, 3_000]);
});

test('P32b: tickers of many symbols are one response, and 304 until one of them changes', async () => {
  market.trade();
  const path = `/v1/tickers?symbols=${SYMBOL}`;
  const first = await ask(path);
  const { tickers } = tickersSchema.parse(await first.json());
  expect(tickers).toMatchObject([
    { symbol: SYMBOL, bid: 999, ask: 1_001, sequence: 1, state: 'ok' },
  ]);
  const tag = first.headers.get('etag');
  expect((await ask(path, tag)).status).toBe(304);
  market.trade();
  expect((await ask(path, tag)).status).toBe(200);
  expect(tickersSchema.parse(await (await ask('/v1/tickers')).json()).tickers).toHaveLength(1);
});

test.each([
  [`${TRADES}&since=x`, 400, 'since: "x" is not EPOCH:SEQUENCE'],
  [`${TRADES}&since=e0:-1`, 400, 'since: "e0:-1" is not EPOCH:SEQUENCE'],
  [`${TRADES}&since=e0:1&from=5`, 400, 'from: "5" cannot be given with since'],
  ['/v1/tickers?symbols=NO@test', 404, 'symbols: unknown symbol NO@test'],
  ['/v1/tickers?symbol=NO@test', 400, 'symbol: unknown query field'],
])('bad input names the field and the value: %s', async (path, status, message) => {
  const answer = await ask(path);
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ error: { message } });
});
