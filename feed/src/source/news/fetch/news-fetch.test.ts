/* Requests for news, over real sockets, to servers that behave badly. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';

import { until } from '../../../../test/test-until.ts';
import { NewsFetch } from './news-fetch.ts';
import { isPrivateAddress, publicLookup } from './private-hosts.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const clock = new ManualClock();
let answer: Answer = () => {};
let asked: IncomingMessage[] = [];
let base = '';
const server = createServer((request, response) => {
  asked.push(request);
  answer(request, response);
});

beforeEach(async () => {
  asked = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await promisify(server.close.bind(server))();
});

const sent =
  (
    status: number,
    headers: Readonly<Record<string, string>> = {},
    body: string | Buffer = '',
  ): Answer =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

function get(path = '/', given = new NewsFetch(clock), validators = {}) {
  const place = { url: base + path, isPublic: false };
  return given.get(place, validators, new AbortController().signal);
}

test('P37d: what the server said of a document is given back to it, and 304 is no document', async () => {
  answer = sent(200, { ETag: '"v1"', 'Last-Modified': 'Thu, 08 Oct 2026 12:00:00 GMT' }, 'text');
  const first = await get();
  expect(first).toMatchObject({ kind: 'document', text: 'text', url: `${base}/` });
  answer = sent(304);
  const validators = first.kind === 'document' ? first.validators : {};
  expect(await get('/', undefined, validators)).toEqual({ kind: 'unchanged', movedTo: undefined });
  expect(asked[1]?.headers).toMatchObject({
    'if-none-match': '"v1"',
    'if-modified-since': 'Thu, 08 Oct 2026 12:00:00 GMT',
    'user-agent': 'tapedeck',
  });
});

const LATIN = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?>\u00fc', 'latin1');
test.each<readonly [string, Readonly<Record<string, string>>, Buffer, string]>([
  ['gzip', { 'Content-Encoding': 'gzip' }, gzipSync('zip'), 'zip'],
  ['deflate', { 'Content-Encoding': 'deflate' }, deflateSync('zip'), 'zip'],
  ['brotli', { 'Content-Encoding': 'br' }, brotliCompressSync('zip'), 'zip'],
  ['UTF-8 by default', {}, Buffer.from('ü比特币'), 'ü比特币'],
  ['a byte order mark', {}, Buffer.from('\ufeffü', 'utf16le'), 'ü'],
  ['the header', { 'Content-Type': 'text/xml; charset=windows-1251' }, Buffer.from([0xc1]), 'Б'],
  ['the XML declaration', {}, LATIN, '<?xml version="1.0" encoding="ISO-8859-1"?>ü'],
  [
    'Shift JIS',
    { 'Content-Type': 'text/xml;charset="shift_jis"' },
    Buffer.from([0x93, 0xfa]),
    '日',
  ],
])('text by %s', async (_, headers, body, text) => {
  answer = sent(200, headers, body);
  expect(await get()).toMatchObject({ kind: 'document', text });
});

const ZEROS = Buffer.alloc(64 * 1_024 * 1_024);
test.each<readonly [string, Answer, string]>([
  ['a large answer', sent(200, {}, ZEROS.subarray(0, 3 << 20)), 'larger than 2 MiB'],
  ['a gzip bomb', sent(200, { 'Content-Encoding': 'gzip' }, gzipSync(ZEROS)), 'larger than 2 MiB'],
  [
    'a broken gzip',
    sent(200, { 'Content-Encoding': 'gzip' }, Buffer.from('no gzip at all')),
    'header check',
  ],
  ['an unknown coding', sent(200, { 'Content-Encoding': 'zstd' }, 'x'), 'compressed as "zstd"'],
  [
    'an unknown charset',
    sent(200, { 'Content-Type': 'a/b; charset=x' }, 'x'),
    'set "x" is unknown',
  ],
  ['a page not found', sent(404), 'its server answered 404'],
  ['a redirect to nowhere', sent(302), 'without an address'],
  ['a redirect to a file', sent(302, { Location: 'file:///etc/passwd' }), 'redirected to file:'],
  ['endless redirects', sent(302, { Location: '/' }), 'more than 5 redirects'],
  [
    'a broken answer',
    (_, response) =>
      void response.writeHead(200, { 'Content-Length': 9 }).write('x', () => response.destroy()),
    'aborted',
  ],
  ['a closed socket', (request) => void request.socket.destroy(), 'socket hang up'],
])('%s is a failure with its reason', async (_, given, why) => {
  answer = given;
  const fetched = await get();
  expect(fetched).toMatchObject({ kind: 'failed', why: expect.stringContaining(why) });
});

test('an answer that never ends is given up after 15 s', async () => {
  answer = (_, response) => void response.writeHead(200).write('<rss>');
  const fetched = get();
  await until(() => asked.length === 1, 'the request');
  clock.advance(15_000);
  expect(await fetched).toEqual({ kind: 'failed', why: 'no whole answer within 15 s' });
});

test.each([
  ['120', 120_000],
  [new Date(clock.now() + 90_000).toUTCString(), 90_000],
  ['soon', undefined],
])('Retry-After %j is %j ms', async (header, expected) => {
  answer = sent(503, { 'Retry-After': header });
  const fetched = await get();
  const ms = fetched.kind === 'failed' ? fetched.retryAfterMs : Number.NaN;
  if (expected === undefined) expect(ms).toBeUndefined();
  // The clock steps by ms, a date by seconds, and other tests have moved the clock.
  else expect(Math.abs((ms ?? 0) - expected)).toBeLessThan(16_000);
});

test('permanent redirects are reported, up to the first that is not', async () => {
  answer = ({ url }, response) => {
    const to = { '/a': [301, '/b'], '/b': [308, '/c'], '/c': [302, '/d'] }[url ?? ''] ?? [200, ''];
    response.writeHead(Number(to[0]), { Location: to[1] }).end('x');
  };
  const moved = (path: string) => ({ kind: 'document', movedTo: { url: base + path } });
  expect(await get('/a')).toMatchObject(moved('/c'));
  expect(await get('/c')).toMatchObject({ kind: 'document', movedTo: undefined });
});

test('P37d: from a public address nothing is redirected into a private network', async () => {
  const { port } = server.address() as AddressInfo;
  // For this test, the server's own address is a public one.
  const guarded = new NewsFetch(
    clock,
    (address) => address !== '127.0.0.1' && isPrivateAddress(address),
  );
  answer = ({ url }, response) =>
    void response
      .writeHead(url === '/in' ? 302 : 200, { Location: `http://127.0.0.2:${port}/` })
      .end('x');
  expect(await get('/in', guarded)).toEqual({
    kind: 'failed',
    why: 'it is redirected from the internet to 127.0.0.2, in a private network: refused',
  });
  expect(asked).toHaveLength(1);
  // An operator's own address may be private, and lead to others there.
  answer = ({ url }, response) =>
    void response.writeHead(url === '/in' ? 302 : 200, { Location: '/out' }).end('x');
  expect(await get('/in')).toMatchObject({ kind: 'document', text: 'x' });
});

test('a name that resolves to a private address is not public', async () => {
  const lookup = promisify(publicLookup(isPrivateAddress));
  await expect(lookup('localhost', {})).rejects.toThrow('localhost, in a private network');
});

test.each([
  ['10.1.2.3', true],
  ['127.0.0.1', true],
  ['169.254.169.254', true],
  ['172.31.0.1', true],
  ['192.168.1.1', true],
  ['100.64.0.1', true],
  ['::1', true],
  ['::ffff:10.0.0.1', true],
  ['fd00::1', true],
  ['fe80::1', true],
  ['8.8.8.8', false],
  ['172.32.0.1', false],
  ['2606:4700::1111', false],
  ['::ffff:8.8.8.8', false],
])('%s is private: %s', (address, isPrivate) => {
  expect(isPrivateAddress(address)).toBe(isPrivate);
});
