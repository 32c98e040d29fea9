/*
 * Bad input over HTTP and WebSocket: each gets the specified error, names the field and the value, and affects nobody
 * else.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

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

type Refused = readonly [path: string, status: number, code: number, named: string];
const BAD_REQUESTS: readonly Refused[] = [
  ['/v1/book', 400, 107, 'symbol'],
  ['/v1/book?symbol=NOPE@sim', 404, 102, 'NOPE@sim'],
  [
    '/v1/book?symbol=BTC-USD@sim&depth=x',
    400,
    107,
    'depth: is not a whole number from 0 to 10000, got "x"',
  ],
  ['/v1/book?symbol=BTC-USD@sim&depth=-1', 400, 107, '"-1"'],
  ['/v1/book?symbol=BTC-USD@sim&at=yesterday', 400, 107, '"yesterday"'],
  ['/v1/book?symbol=BTC-USD@sim&at=5', 404, 102, 'at: nothing is recorded for BTC-USD@sim at 5'],
  ['/v1/book?symbol=BTC-USD@sim&dept=5', 400, 107, 'dept: unknown query field'],
  ['/v1/book?symbol=BTC-USD@sim&session=none', 404, 102, 'unknown session none'],
  ['/v1/candles?symbol=BTC-USD@sim', 400, 107, 'interval'],
  ['/v1/candles?symbol=BTC-USD@sim&interval=2m', 400, 107, '"2m"'],
  ['/v1/candles?symbol=BTC-USD@sim&interval=1m&limit=0', 400, 107, 'limit'],
  ['/v1/candles?symbol=BTC-USD@sim&interval=1m&limit=1e9', 400, 107, '"1e9"'],
  ['/v1/candles?symbol=BTC-USD@sim&interval=1m&from=9&to=5', 400, 107, 'to: 5 is before from 9'],
  ['/v1/candles?symbol=NOPE@sim&interval=1m', 404, 102, 'NOPE@sim'],
  ['/v1/candles?symbol=BTC-USD@sim&interval=1m&replay=none', 404, 102, 'unknown replay none'],
  ['/v1/trades?symbol=BTC-USD@sim&cursor=abc', 400, 107, 'cursor: "abc"'],
  ['/v1/trades?symbol=NOPE@sim', 404, 102, 'NOPE@sim'],
  ['/v1/sessions/none', 404, 102, 'unknown session none'],
  ['/v1/replays/none', 404, 102, 'unknown replay none'],
  ['/v1/news?limit=many', 400, 107, '"many"'],
  ['/v1/news?cursor=x', 400, 107, 'cursor'],
  ['/v1/events?topics=weather', 400, 107, '"weather"'],
  ['/v1/events?last_event_id=x', 400, 107, '"x" is not EPOCH:SEQ'],
  ['/v1/events/since?id=x', 400, 107, 'id'],
  ['/v1/events/since?id=', 400, 107, 'id: "" is not EPOCH:SEQ'],
  ['/v1/events?last_event_id=', 400, 107, 'last_event_id: "" is not EPOCH:SEQ'],
  ['/v1/events?symbols=NOPE@sim', 404, 102, 'symbols: unknown symbol NOPE@sim'],
  ['/v1/events/since?symbols=NOPE@sim', 404, 102, 'symbols: unknown symbol NOPE@sim'],
  ['/v1/events?topics=', 400, 107, 'topics: is not a list of names, got ""'],
  ['/v1/news?symbols=', 400, 107, 'symbols: is not a list of names, got ""'],
  ['/v1/tickers?symbols=', 400, 107, 'symbols: is not a list of names, got ""'],
  ['/v1/tickers?symbols=BTC-USD@sim,', 400, 107, 'symbols: is not a list of names'],
  ['/v1/news?from=9&to=5', 400, 107, 'to: 5 is before from 9'],
  ['/v1/replays?foo=1', 400, 107, 'foo: unknown query field'],
  ['/v1/replays/none?foo=1', 400, 107, 'foo: unknown query field'],
  ['/v1/book?symbol=BTC-USD@sim&depth=007', 400, 107, '"007"'],
  ['/v1/trades?symbol=BTC-USD@sim&limit=007', 400, 107, '"007"'],
  ['/v1/trades?symbol=BTC-USD@sim&since=x:01', 400, 107, 'since: "x:01" is not EPOCH:SEQUENCE'],
  ['/v1/trades?symbol=BTC-USD@sim&cursor=1.02.3', 400, 107, 'cursor: "1.02.3"'],
  ['/v1/news?cursor=01.2', 400, 107, 'cursor'],
  ['/v1/events/since?id=x:01', 400, 107, 'id: "x:01" is not EPOCH:SEQ'],
  ['/v1/events?last_event_id=x:00', 400, 107, 'last_event_id: "x:00" is not EPOCH:SEQ'],
  [
    '/v1/stream/sse?channels=trades:BTC-USD@sim&since=trades:BTC-USD@sim=x:01',
    400,
    107,
    'since: "trades:BTC-USD@sim=x:01"',
  ],
  ['/v1/stream', 400, 107, 'upgrade'],
  ['/v1/nothing', 404, 102, '/v1/nothing'],
];
test.each(BAD_REQUESTS)(
  'GET %s is refused with %i, code %i, naming %s',
  async (path, status, code, named) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ error: { code, temporary: false } });
    expect((answer.body as { error: { message: string } }).error.message).toContain(named);
  },
);

const BAD_BODIES: readonly (readonly [
  method: string,
  path: string,
  body: string,
  status: number,
  named: string,
])[] = [
  ['POST', '/v1/replays', '{', 400, 'body'],
  ['POST', '/v1/replays', '{}', 400, 'session'],
  ['POST', '/v1/replays', '{"session":"none"}', 404, 'unknown session none'],
  [
    'POST',
    '/v1/replays',
    '{"session":5}',
    400,
    'session: Invalid input: expected string, received number, got 5',
  ],
  ['POST', '/v1/replays', '{"sesion":"x"}', 400, 'sesion'],
  ['POST', '/v1/replays', '{"from":9,"to":5}', 400, 'to: 5'],
  [
    'POST',
    '/v1/replays',
    '{"session":"x","symbols":["BTC-USD@sim","BTC-USD@sim"]}',
    400,
    'symbols: BTC-USD@sim is named twice',
  ],
  [
    'POST',
    '/v1/alerts',
    '{"symbol":"BTC-USD@sim","kind":"crosses","priceTicks":1,"note":"\\ud800"}',
    400,
    'note: is not well-formed Unicode',
  ],
  ['POST', '/v1/replays', '{"from":1,"to":5}', 404, 'nothing is recorded'],
  ['POST', '/v1/replays', '{"session":"x","speed":0.01}', 400, 'speed'],
  ['DELETE', '/v1/replays/none', '', 404, 'unknown replay'],
  ['POST', '/v1/alerts', '{"symbol":"BTC-USD@sim","kind":"crosses"}', 400, 'priceTicks'],
  ['POST', '/v1/alerts', '{"symbol":"BTC-USD@sim","kind":"feed-age"}', 400, 'ageMs'],
  ['POST', '/v1/alerts', '{"symbol":"BTC","kind":"crosses","priceTicks":1}', 400, 'symbol'],
  ['POST', '/v1/alerts', '{"symbol":"NO@sim","kind":"crosses","priceTicks":1}', 404, 'NO@sim'],
  ['POST', '/v1/alerts', '{"symbol":"BTC-USD@sim","kind":"wish","priceTicks":1}', 400, '"wish"'],
  ['PATCH', '/v1/alerts/none', '{"enabled":false}', 404, 'none'],
  ['PATCH', '/v1/alerts/none', '{"enabled":"no"}', 400, 'enabled'],
  ['DELETE', '/v1/alerts/none', '', 404, 'none'],
];
test.each(BAD_BODIES)(
  '%s %s with %s is refused with %i naming %s',
  async (method, path, body, status, named) => {
    const response = await fetch(base + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === '' ? {} : { body }),
    });
    expect(response.status).toBe(status);
    const answer = (await response.json()) as { error: { message: string } };
    expect(answer.error.message).toContain(named);
  },
);

/** Deeper than the stack, and within every limit of a body. */
const DEEP = `${'['.repeat(9_000)}${']'.repeat(9_000)}`;
test.each([
  ['/v1/ingest', '['.repeat(40_000) + ']'.repeat(40_000), 'message'],
  ['/v1/ingest', `{"events":[{"type":${DEEP}}]}`, 'events.0.type'],
  ['/v1/ingest', `{"events":[{"type":"headline","title":${DEEP}}]}`, 'events.0.title'],
  ['/v1/replays', `{"session":${DEEP}}`, 'session'],
  ['/v1/replays', `{"symbols":${DEEP}}`, 'symbols.0'],
  ['/v1/news', `{"title":${DEEP}}`, 'title'],
  ['/v1/alerts', `{"symbol":${DEEP}}`, 'symbol'],
  ['/v1/simulation', `{"scenario":${DEEP}}`, 'scenario'],
  ['/v1/chaos', `{"target":${DEEP}}`, 'target'],
  ['/v1/news', `{"${'k'.repeat(50_000)}":1,"title":"x"}`, 'kkk…: unknown json field'],
])(
  'a body nested deeper than the stack, or with a huge name, is 400: POST %s %.30s',
  async (path, body, named) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(base + path, { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(text.length).toBeLessThan(600);
    expect(JSON.parse(text)).toMatchObject({
      error: { code: 107, message: expect.stringContaining(named) as string },
    });
  },
);

const BAD_FRAMES: readonly (readonly [frame: string, code: number, named: string])[] = [
  ['garbage', 107, 'not JSON'],
  ['[]', 107, 'JSON object'],
  [`{"type":${'['.repeat(7_000)}${']'.repeat(7_000)}}`, 107, 'type: [[[['],
  [`{"type":"subscribe","channels":${'['.repeat(7_000)}${']'.repeat(7_000)}}`, 107, 'channels.0'],
  ['{"type":"shout"}', 107, '"shout"'],
  ['{"type":"subscribe","id":3,"channels":[]}', 107, 'channels'],
  ['{"type":"subscribe","channels":["book:NOPE@sim:10:raw"]}', 102, 'NOPE@sim'],
  ['{"type":"subscribe","channels":["book:BTC-USD@sim:11:raw"]}', 102, 'depth "11"'],
  ['{"type":"subscribe","channels":["candles:BTC-USD@sim:7m"]}', 102, '"7m"'],
  ['{"type":"unsubscribe","channels":[4]}', 102, 'channel 4'],
  ['{"type":"unsubscribe","channels":[]}', 107, 'channels'],
  ['{"type":"resync","channels":[]}', 107, 'channels'],
  ['{"type":"resync","channels":[4]}', 102, 'channel 4'],
  ['{"type":"replay","command":"play"}', 130, 'needs a replay connection'],
  ['{"type":"replay","command":"warp"}', 130, 'command'],
  [`{"type":"ping","pad":"${'x'.repeat(20_000)}"}`, 107, 'over the limit of 16384'],
];
test.each(BAD_FRAMES)('the frame %s gets error %i naming %s', async (frame, code, named) => {
  const client = await TestClient.open(stream);
  client.sendText(frame);
  const error = await client.next(isType('error'));
  expect(error.code).toBe(code);
  expect(error.message).toContain(named);
  client.send({ type: 'ping', id: 9 });
  expect(await client.next(isType('pong'))).toMatchObject({ id: 9 });
  await client.close();
});

test.each(['/v1/replays', '/v1/alerts'])(
  'a POST to %s whose content type is not JSON is 400',
  async (path) => {
    const headers = { 'content-type': 'text/plain' };
    const response = await fetch(base + path, { method: 'POST', headers, body: '{}' });
    expect(response.status).toBe(400);
    const answer = (await response.json()) as { error: { message: string } };
    expect(answer.error.message).toContain('"text/plain"');
  },
);

test('P19: an empty Last-Event-ID is not a position, and is refused', async () => {
  const headers = { 'last-event-id': '' };
  const response = await fetch(`${base}/v1/events`, { headers });
  expect(response.status).toBe(400);
  const answer = (await response.json()) as { error: { message: string } };
  expect(answer.error.message).toContain('last_event_id: "" is not EPOCH:SEQ');
});

test.each([
  ['PUT', '/v1/book', 'GET, HEAD'],
  ['POST', '/v1/book', 'GET, HEAD'],
  ['DELETE', '/v1/replays', 'GET, HEAD, POST'],
  ['POST', '/v1/replays/x', 'DELETE, GET, HEAD'],
  ['PATCH', '/healthz', 'GET, HEAD'],
  ['POST', '/v1/stream', 'GET, HEAD'],
])('%s %s is 405, and Allow is %s', async (method, path, allow) => {
  const response = await fetch(base + path, { method });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe(allow);
  expect(await response.json()).toMatchObject({
    error: { code: 107, message: `method: ${method} is not one of ${allow}` },
  });
});

const LONG = 'x'.repeat(5_000);
const WORDS = 'of words '.repeat(600);
test.each<[string, string, RequestInit]>([
  ['a path', `/v1/${LONG}`, {}],
  ['a value', `/v1/book?symbol=${LONG}`, {}],
  ['a name', `/v1/book?symbol=BTC-USD@sim&${LONG}=1`, {}],
  ['a list', `/v1/tickers?symbols=${'x@sim,'.repeat(300)}x`, {}],
  ['an identifier', `/v1/replays/${LONG}`, {}],
  ['a session', `/v1/sessions/${LONG}`, {}],
  ['a position', `/v1/trades?symbol=BTC-USD@sim&since=${LONG}`, {}],
  ['a channel', `/v1/stream/sse?channels=${LONG}`, {}],
  ['an origin', '/v1/status', { headers: { origin: `http://${LONG}.example` } }],
  [
    'a content type',
    '/v1/ingest',
    { method: 'POST', body: '{}', headers: { 'content-type': WORDS } },
  ],
  ['an event id', '/v1/events', { headers: { 'last-event-id': LONG } }],
  ['an upgrade', '/v1/stream', { headers: { 'x-forwarded-host': LONG } }],
])('an error echoes no more than the beginning of %s', async (_, path, init) => {
  const response = await fetch(base + path, init);
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
  const text = await response.text();
  expect(text).toMatch(/"message":"[^":]+: /);
  expect(text.length).toBeLessThan(1_200);
  expect(text).not.toContain('x'.repeat(121));
});
