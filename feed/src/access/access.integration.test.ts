/* Access from outside: foreign names, forged headers, and more connections than one address may have. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';

import { isType, TestClient } from '../../test/stream/test-client.ts';
import { TestFeed } from '../../test/test-feed.ts';
import { rawRequest } from '../../test/test-raw-request.ts';
import { until } from '../../test/test-until.ts';
import { ADDRESS_LIMITS } from './address-limits.ts';

const WEB_KEY = 'a key that only feed and web have'.replaceAll(' ', '-');
const EVIL = 'evil.example:3999';

let feed: TestFeed;
let port: number;

beforeAll(async () => {
  feed = await TestFeed.start({
    TAPEDECK_WEB_KEY: WEB_KEY,
    TAPEDECK_ORIGINS: 'https://desk.example',
  });
  port = Number(new URL(feed.base).port);
}, 60_000);

afterAll(() => feed.close());

const JSON_TYPE = 'Content-Type: application/json';
const CLOSE = 'Connection: close';
const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const HEADLINE = JSON.stringify({ title: 'Rebound' });
const SCENARIO = JSON.stringify({ scenario: 'normal' });

type Door = readonly [start: string, headers: readonly string[], body: string];
/** One of each kind: read, stream, upgrade, operator, upload, open to all, unknown. */
const DOORS: readonly Door[] = [
  ['GET /v1/instruments', [CLOSE], ''],
  ['GET /v1/book?symbol=BTC-USD@sim', [CLOSE], ''],
  ['GET /v1/events', [CLOSE], ''],
  ['GET /v1/stream/sse', [CLOSE], ''],
  ['GET /v1/stream', UPGRADE, ''],
  ['GET /v1/openapi.json', [CLOSE], ''],
  ['GET /metrics', [CLOSE], ''],
  ['GET /healthz', [CLOSE], ''],
  ['GET /readyz', [CLOSE], ''],
  ['GET /v1/nothing', [CLOSE], ''],
  [
    'OPTIONS /v1/news',
    [CLOSE, 'Origin: http://evil.example', 'Access-Control-Request-Method: POST'],
    '',
  ],
  ['POST /v1/news', [CLOSE, JSON_TYPE, `Content-Length: ${HEADLINE.length}`], HEADLINE],
  ['POST /v1/simulation', [CLOSE, JSON_TYPE, `Content-Length: ${SCENARIO.length}`], SCENARIO],
  ['POST /v1/imports?name=a.csv', [CLOSE, 'Content-Length: 1'], 'x'],
  ['POST /v1/replays', [CLOSE, JSON_TYPE, 'Content-Length: 2'], '{}'],
];

test.each<Door>(DOORS)('P24b: %s is closed to a foreign Host', async (start, headers, body) => {
  const answer = await rawRequest(port, [`${start} HTTP/1.1`, `Host: ${EVIL}`, ...headers], body);
  expect(answer.status).toBe(403);
  // A refused upgrade has no readable body.
  if (!headers.includes('Upgrade: websocket')) {
    expect(answer.text).toContain('evil.example:3999');
    expect(answer.text).toContain('TAPEDECK_ORIGINS');
  }
});

const LIST = 'GET /v1/instruments HTTP/1.1';
type Target = readonly [what: string, lines: readonly string[], status: number];
test.each<Target>([
  ['localhost', [LIST, 'Host: localhost:1', CLOSE], 200],
  ['LOCALHOST.', [LIST, 'Host: LOCALHOST.', CLOSE], 200],
  ['a name below localhost', [LIST, 'Host: desk.localhost:9', CLOSE], 200],
  ['another loopback address', [LIST, 'Host: 127.9.9.9', CLOSE], 200],
  ['IPv6 loopback', [LIST, 'Host: [::1]:8080', CLOSE], 200],
  ['a host of TAPEDECK_ORIGINS', [LIST, 'Host: desk.example', CLOSE], 200],
  ['an address of a network', [LIST, 'Host: 10.0.0.1', CLOSE], 403],
  ['a name that begins like ours', [LIST, 'Host: localhost.evil.example', CLOSE], 403],
  ['an empty Host', [LIST, 'Host:', CLOSE], 403],
  ['ours, then a foreign one', [LIST, 'Host: localhost', `Host: ${EVIL}`, CLOSE], 403],
  ['a foreign one, then ours', [LIST, `Host: ${EVIL}`, 'Host: localhost', CLOSE], 403],
  [
    'a foreign target',
    [`GET http://${EVIL}/v1/instruments HTTP/1.1`, 'Host: localhost', CLOSE],
    403,
  ],
  [
    'our own target',
    ['GET http://localhost/v1/instruments HTTP/1.1', 'Host: localhost', CLOSE],
    200,
  ],
  [
    'a foreign X-Forwarded-Host',
    [LIST, 'Host: localhost', `X-Forwarded-Host: ${EVIL}`, CLOSE],
    403,
  ],
  ['no Host', [LIST, CLOSE], 400],
])('P24b: %s', async (_, lines, status) => {
  const answer = await rawRequest(port, lines);
  // The server does not read a request without a Host at all.
  expect(status === 403 && lines[1] === 'Host:' ? [400, 403] : [status]).toContain(answer.status);
});

test('P24b: a foreign page is not an operator, whatever X-Forwarded-Host its script sets', async () => {
  const post = (host: string, ...more: readonly string[]) =>
    rawRequest(
      port,
      ['POST /v1/news HTTP/1.1', `Host: ${host}`, CLOSE, JSON_TYPE, ...more].concat(
        `Content-Length: ${HEADLINE.length}`,
      ),
      HEADLINE,
    );
  const origin = `Origin: http://${EVIL}`;
  const forged = `X-Forwarded-Host: ${EVIL}`;
  expect((await post(EVIL, origin, forged)).status).toBe(403);
  expect((await post(`127.0.0.1:${port}`, origin, forged)).status).toBe(403);
  // A loopback name, but not one of our ports.
  const other = 'localhost:1';
  const foreign = [`Origin: http://${other}`, `X-Forwarded-Host: ${other}`];
  expect((await post(`127.0.0.1:${port}`, ...foreign)).status).toBe(403);
  // From our own web it is the page on its own port.
  const own = [...foreign, `Tapedeck-Web-Key: ${WEB_KEY}`];
  expect((await post(`127.0.0.1:${port}`, ...own)).status).toBe(201);
  expect(
    (await post(`127.0.0.1:${port}`, ...foreign, `Tapedeck-Web-Key: ${WEB_KEY}x`)).status,
  ).toBe(403);
});

test('P24b: with a token any Host is served to clients that have the token; an Origin must still be allowed', async () => {
  const guarded = await TestFeed.start({ TAPEDECK_SOURCE: 'none', TAPEDECK_TOKEN: 'secret' });
  const at = Number(new URL(guarded.base).port);
  const ask = (...more: readonly string[]) =>
    rawRequest(at, [LIST, 'Host: any.example', CLOSE, ...more]);
  expect((await ask('Authorization: Bearer secret')).status).toBe(200);
  expect((await ask()).status).toBe(401);
  const foreign = await ask('Authorization: Bearer secret', 'Origin: http://any.example');
  expect(foreign.status).toBe(403);
  await guarded.close();
});

test.each([
  ['/v1/instruments', 200],
  ['/healthz', 200],
  ['/metrics', 200],
  ['/v1/openapi.json', 200],
  ['/v1/book?symbol=NOPE@sim', 404],
  ['/v1/nothing', 404],
  ['/v1/events', 200],
])('P24d: %s (%i) is only data to a browser', async (path, status) => {
  const abort = new AbortController();
  const answer = await fetch(feed.base + path, { signal: abort.signal });
  abort.abort();
  const { headers } = answer;
  expect(answer.status).toBe(status);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
});

/** Opens a WebSocket with these headers; returns its close code, or `open`. */
function dial(headers: Record<string, string>): Promise<[WebSocket, number | 'open']> {
  const socket = new WebSocket(feed.stream, 'tapedeck.v1.json', { headers });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', (code) => resolve([socket, code]));
    socket.once('message', (data) => {
      if (String(data as Buffer).includes('"hello"')) resolve([socket, 'open']);
    });
  });
}

const end = async (sockets: readonly WebSocket[]): Promise<void> => {
  const closed = sockets
    .filter((socket) => socket.readyState === WebSocket.OPEN)
    .map((socket) => once(socket, 'close'));
  for (const socket of sockets) socket.close();
  await Promise.all(closed);
};

test('P24c: a forged address buys no connection, and locks nobody out', async () => {
  const dialled = await Promise.all(
    Array.from({ length: 26 }, (_, i) => dial({ 'x-forwarded-for': `203.0.113.${i}` })),
  );
  const told = dialled.map(([, outcome]) => outcome);
  expect(told.filter((each) => each === 'open')).toHaveLength(20);
  expect(told.filter((each) => each === 4504)).toHaveLength(6);
  // The web forwards for the client whose address was forged.
  const [stranger, outcome] = await dial({
    'x-forwarded-for': '203.0.113.1',
    'tapedeck-web-key': WEB_KEY,
  });
  expect(outcome).toBe('open');
  await end([...dialled.map(([socket]) => socket), stranger]);
});

test('P24c: of a forwarded list from the web only the last hop counts, which the web saw itself', async () => {
  const dialled: [WebSocket, number | 'open'][] = [];
  for (let i = 0; i < 22; i++)
    dialled.push(
      await dial({
        'x-forwarded-for': `198.51.100.${i}, 203.0.113.7`,
        'tapedeck-web-key': WEB_KEY,
      }),
    );
  expect(dialled.map(([, outcome]) => outcome)).toEqual([
    ...Array.from({ length: 20 }, () => 'open'),
    4504,
    4504,
  ]);
  await end(dialled.map(([socket]) => socket));
});

const STREAM_LINES = ['GET /v1/events HTTP/1.1', 'Host: localhost'];

/** A raw connection with its request sent, and the status received. */
async function hold(lines: readonly string[]): Promise<[Socket, number]> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return [socket, Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString())?.[1])];
}

test('P23: the 21st event stream of an address is refused with 429, however the others came; one that is reset makes room', async () => {
  const most = ADDRESS_LIMITS.eventStreams.perAddress;
  const held: Socket[] = [];
  for (let i = 0; i < most; i++) {
    const [socket, status] = await hold([...STREAM_LINES, `X-Forwarded-For: 203.0.113.${i}`]);
    expect(status).toBe(200);
    held.push(socket);
  }
  const refused = await rawRequest(port, [...STREAM_LINES, CLOSE]);
  expect(refused.status).toBe(429);
  expect(refused.text).toContain('more than 20 event streams from this address');
  // Market data counts separately: a tab has one connection of each.
  const client = await TestClient.open(feed.stream);
  await client.next(isType('hello'));
  await client.close();
  for (const socket of held) socket.resetAndDestroy();
  await until(async () => (await openEventStreams()) === 0, 'all are gone');
  const [again, status] = await hold(STREAM_LINES);
  expect(status).toBe(200);
  again.destroy();
});

async function openEventStreams(): Promise<number> {
  const text = await (await fetch(`${feed.base}/metrics`)).text();
  return Number(/^tapedeck_event_stream_connections (\d+)/m.exec(text)?.[1]);
}

test('P23: an address may have 64 requests in progress; the feed answers others meanwhile', async () => {
  const head = ['POST /v1/replays HTTP/1.1', 'Host: localhost', JSON_TYPE, 'Content-Length: 9'];
  const most = ADDRESS_LIMITS.requests.perAddress;
  const waiting = Array.from({ length: most }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    // The rest of the body never arrives.
    socket.write(`${head.join('\r\n')}\r\n\r\n{`);
    return socket;
  });
  await until(async () => {
    const { status } = await feed.get('/v1/instruments');
    return status === 429;
  }, 'all are being heard');
  expect((await feed.get('/healthz')).status).toBe(200);
  const other = ['X-Forwarded-For: 203.0.113.8', `Tapedeck-Web-Key: ${WEB_KEY}`, CLOSE];
  expect((await rawRequest(port, [LIST, 'Host: localhost', ...other])).status).toBe(200);
  for (const socket of waiting) socket.destroy();
  await until(
    async () => (await feed.get('/v1/instruments')).status === 200,
    'there is room again',
  );
});

test('P23: an address may have 20 of the 32 replays; one that is ended makes room', async () => {
  const make = async (headers = {}) =>
    feed.post('/v1/replays', { session: await newestSession() }, headers);
  // The session being recorded has nothing in its first moment.
  await until(async () => (await make()).status === 201, 'something is recorded');
  for (let i = 1; i < 20; i++) expect((await make()).status).toBe(201);
  expect(await make()).toMatchObject({
    status: 429,
    body: { error: { code: 111, message: 'more than 20 replays from this address' } },
  });
  const other = { 'x-forwarded-for': '203.0.113.9', 'tapedeck-web-key': WEB_KEY };
  expect((await make(other)).status).toBe(201);
  const list = (await feed.get('/v1/replays')).body as { replays: { id: string }[] };
  await fetch(`${feed.base}/v1/replays/${list.replays[0]?.id}`, { method: 'DELETE' });
  expect((await make()).status).toBe(201);
});

async function newestSession(): Promise<string> {
  const { body } = await feed.get('/v1/sessions');
  return (body as { sessions: { id: string }[] }).sessions[0]?.id ?? '';
}

test('P23, P24: refusals are counted by reason', async () => {
  const text = await (await fetch(`${feed.base}/metrics`)).text();
  const count = (reason: string): number =>
    Number(new RegExp(`tapedeck_refusals_total\\{reason="${reason}"\\} (\\d+)`).exec(text)?.[1]);
  expect(count('host')).toBeGreaterThanOrEqual(DOORS.length);
  expect(count('origin')).toBeGreaterThanOrEqual(2);
  expect(count('address-limit')).toBeGreaterThanOrEqual(10);
  expect(count('overload')).toBe(0);
  const { body } = await feed.get('/v1/status');
  const { connections } = body as { connections: { refused: number } };
  expect(connections.refused).toBeGreaterThanOrEqual(DOORS.length + 12);
});
