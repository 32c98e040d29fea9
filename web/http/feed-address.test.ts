import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, expect, test, vi } from 'vitest';

import { FeedAddress } from './feed-address.ts';

const servers: Server[] = [];

afterEach(() => {
  vi.unstubAllGlobals();
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers each path with a status and a body; returns its origin. */
async function serve(answer: (path: string) => readonly [number, string], port = 0) {
  const server = createServer((request, response) => {
    const [status, body] = answer(request.url ?? '');
    response.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' });
    response.end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('a feed that is down everywhere is no reason to leave its direct address', async () => {
  const feed = await serve(() => [200, '{}']);
  const { port } = feed.server.address() as AddressInfo;
  await new Promise((resolve) => feed.server.close(resolve));
  let passesOn = false;
  const web = await serve((path) =>
    path === '/config.json'
      ? [200, JSON.stringify({ feedUrl: feed.origin })]
      : [passesOn ? 200 : 500, '{}'],
  );
  vi.stubGlobal('location', { origin: web.origin });
  vi.stubGlobal('fetch', (path: string, init: RequestInit) =>
    globalFetch(new URL(path, web.origin), init),
  );
  const address = new FeedAddress();
  expect(await address.origin()).toBe(feed.origin);
  expect(address.prefersSameOrigin).toBe(false);

  // The feed returns: the very next request finds it, and the link is not called degraded.
  await serve(() => [200, '{}'], port);
  expect(await address.origin()).toBe(feed.origin);
  expect(address.prefersSameOrigin).toBe(false);

  // Blocked here, reachable through the page's own origin: that is a reason.
  servers.pop()?.close();
  passesOn = true;
  address.doubt();
  expect(await address.origin()).toBe(web.origin);
  expect(address.prefersSameOrigin).toBe(true);
});

const globalFetch = globalThis.fetch;
