import type { IncomingMessage } from 'node:http';

import type { Refusal } from '@tapedeck/net/request-form';

/**
 * Looks at every request, upgrades included, before Next or the feed do: says why it is refused, or puts its headers in
 * order. What may be asked for by whom (hosts, forwarded headers) is decided here and nowhere else.
 */
export function refusalOf({ headers, socket }: IncomingMessage): Refusal | undefined {
  // The last hop is the one that this process has seen itself (P24c).
  const hops = [headers['x-forwarded-for'], socket.remoteAddress].filter(Boolean);
  headers['x-forwarded-for'] = hops.join(', ');
  return undefined;
}
