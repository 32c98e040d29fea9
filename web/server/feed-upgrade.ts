/*
 * A page's WebSocket, carried to the feed, for networks where only the web's port can be reached. Both ends have an
 * error listener and a deadline from the start, and when one closes, so does the other.
 */
import { type IncomingMessage, request as ask, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import { refuseSocket } from '@tapedeck/net/socket-guard';

import { feedHeaders } from './feed-headers.ts';

/** From the request to the feed's response. */
const ANSWER_MS = 10_000;

/** `head` is what came with the headers of the upgrade request. */
export function carryUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  feedOrigin: string,
): void {
  const { connection, upgrade } = request.headers;
  const headers = { ...feedHeaders(request, new URL(feedOrigin).host), connection, upgrade };
  const upstream = ask(new URL(request.url ?? '/', feedOrigin), {
    agent: false,
    headers,
  });
  upstream.setTimeout(ANSWER_MS, () => upstream.destroy());
  upstream.once('error', () => refuseSocket(socket, { status: 502, message: 'feed' }));
  socket.once('close', () => upstream.destroy());

  upstream.once('upgrade', (answer, feedSocket, feedHead) => {
    feedSocket.on('error', () => undefined);
    feedSocket.setTimeout(0);
    feedSocket.setNoDelay(true);
    if (socket.destroyed) {
      feedSocket.destroy();
      return;
    }
    // Connected: from here on the feed's own pings detect a dead peer (P21).
    request.socket.setTimeout(0);
    socket.write(statusAndHeaders(answer));
    if (feedHead.length > 0) socket.write(feedHead);
    if (head.length > 0) feedSocket.write(head);
    socket.once('close', () => feedSocket.destroy());
    feedSocket.once('close', () => socket.destroy());
    socket.pipe(feedSocket).pipe(socket);
  });
  upstream.once('response', (answer) => {
    // Refused with a response: the page gets it.
    socket.write(statusAndHeaders(answer));
    socket.once('finish', () => socket.destroy());
    answer.pipe(socket);
  });
  upstream.end();
}

function statusAndHeaders({ statusCode = 502, rawHeaders }: IncomingMessage): string {
  let text = `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}\r\n`;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    text += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`;
  return `${text}\r\n`;
}
