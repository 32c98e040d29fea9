import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';

import { WEB_KEY_HEADER } from '@tapedeck/net/web-key';

/** Headers of one connection (RFC 9110, section 7.6.1), and those that the next hop sets itself. */
const HOP_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The headers this server sends to the feed for a request, whose own headers `refusalOf` has cleaned. */
export function feedHeaders({ headers }: IncomingMessage, feedHost: string): OutgoingHttpHeaders {
  const key = process.env['TAPEDECK_WEB_KEY'];
  return {
    ...withoutHop(headers),
    host: feedHost,
    ...(key === undefined || key === '' ? {} : { [WEB_KEY_HEADER]: key }),
  };
}

export function withoutHop(headers: IncomingMessage['headers']): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.has(name)));
}
