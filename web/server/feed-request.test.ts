/* The feed's paths through the pages' port, with a real server on each side. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, onTestFinished, test } from 'vitest';

import { carryRequest, isFeedPath } from './feed-request.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(handler: Handler): Promise<string> {
  const server: Server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const through = (feed: string): Promise<string> =>
  serve((asked, answer) => carryRequest(asked, answer, feed));

test('a request, its body and its response pass unchanged; headers of one connection do not', async () => {
  process.env['TAPEDECK_WEB_KEY'] = 'of-this-test';
  onTestFinished(() => void delete process.env['TAPEDECK_WEB_KEY']);
  let headers: IncomingMessage['headers'] = {};
  const feed = await serve((asked, answer) => {
    headers = asked.headers;
    answer.writeHead(201, { ETag: '"a"', 'Content-Type': 'text/x' });
    asked.pipe(answer);
  });
  const web = await through(feed);
  const body = 'x'.repeat(2_000_000);
  const answer = await fetch(`${web}/v1/ingest?a=%20b`, { method: 'POST', body });
  expect([answer.status, answer.headers.get('etag')]).toEqual([201, '"a"']);
  expect(await answer.text()).toBe(body);
  expect(headers).toMatchObject({
    host: new URL(feed).host,
    'tapedeck-web-key': 'of-this-test',
    'content-length': '2000000',
  });
  expect(answer.headers.has('tapedeck-web-key')).toBe(false);
  expect([...answer.headers.keys()].filter((name) => name.startsWith('x-'))).toEqual([]);
});

test('a stream passes piece by piece, and ends at the feed when its reader leaves', async () => {
  let ended: Promise<unknown> = Promise.resolve();
  const feed = await serve((_, answer) => {
    ended = once(answer, 'close');
    answer.writeHead(200, { 'Content-Type': 'text/event-stream' });
    answer.write(': first\n\n');
  });
  const web = await through(feed);
  const abort = new AbortController();
  const { body } = await fetch(`${web}/v1/events`, { signal: abort.signal });
  const piece = await body?.getReader().read();
  expect(Buffer.from(piece?.value ?? []).toString()).toBe(': first\n\n');
  abort.abort();
  await ended;
});

test('a feed that is down gives an error, one that breaks off breaks off the response', async () => {
  const away = await through('http://127.0.0.1:1');
  const answer = await fetch(`${away}/v1/status`);
  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({ error: { code: 100, temporary: true } });
  const feed = await serve((_, response) => {
    response.writeHead(200, { 'Content-Length': '100' });
    response.write('half', () => response.destroy());
  });
  const web = await through(feed);
  await expect(fetch(`${web}/v1/sessions`).then((cut) => cut.text())).rejects.toThrow();
});

test('a client that leaves before its body is complete leaves nothing at the feed', async () => {
  const reached = Promise.withResolvers<IncomingMessage>();
  const feed = await serve((asked) => reached.resolve(asked));
  const web = await through(feed);
  const client = request(`${web}/v1/imports?name=a`, { method: 'POST' });
  client.on('error', () => undefined);
  client.write('half of it');
  const asked = await reached.promise;
  const gone = new Promise((resolve) => {
    asked.socket.once('close', resolve);
  });
  client.destroy();
  await gone;
});

test.each([
  ['/v1/stream/sse?channels=a', true],
  ['/v1/openapi.json', true],
  ['/healthz', true],
  ['/metrics', true],
  ['/', false],
  ['/v1', false],
  ['/s/BTC-USD@sim', false],
  ['/config.json', false],
  ['/_next/static/a.js', false],
])('%s is a path of the feed: %s', (url, isOfFeed) => {
  expect(isFeedPath(url)).toBe(isOfFeed);
});
