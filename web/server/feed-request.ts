/*
 * The feed's paths through the pages' port, for networks where only that port can be reached: requests, responses and
 * streams pass piece by piece as they arrive, in both directions, and neither side outlives the other.
 */
import { type IncomingMessage, request as ask, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';

import { feedHeaders, withoutHop } from './feed-headers.ts';

/** From the end of the request to the headers of the response: after that the feed counts as hanging. */
const ANSWER_MS = 30_000;

export function isFeedPath(url: string): boolean {
  const [path = ''] = url.split('?');
  return (
    path.startsWith('/v1/') || path === '/healthz' || path === '/readyz' || path === '/metrics'
  );
}

export function carryRequest(
  request: IncomingMessage,
  response: ServerResponse,
  feedOrigin: string,
): void {
  const feed = new URL(feedOrigin);
  const upstream = ask({
    // An IPv6 address has brackets in a URL, but not here.
    hostname: feed.hostname.replace(/^\[|\]$/g, ''),
    port: feed.port,
    method: request.method,
    path: request.url,
    headers: feedHeaders(request, feed.host),
    agent: false,
  });
  request.once('end', () => upstream.setTimeout(ANSWER_MS, () => upstream.destroy()));
  upstream.once('response', (answer) => {
    // A stream may be silent for long; its reader detects a dead one.
    upstream.setTimeout(0);
    response.writeHead(answer.statusCode ?? 502, withoutHop(answer.headers));
    response.flushHeaders();
    pipeline(answer, response, () => upstream.destroy());
  });
  upstream.on('error', () => {
    if (response.headersSent) response.destroy();
    else refuseForFeed(response);
  });
  response.once('close', () => upstream.destroy());
  request.pipe(upstream);
}

function refuseForFeed(response: ServerResponse): void {
  const message = 'the feed cannot be reached';
  const body = JSON.stringify({ error: { code: 100, message, temporary: true } });
  // A body that nobody reads may still be coming.
  const headers = { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' };
  response.writeHead(502, { ...headers, Connection: 'close' }).end(body);
}
