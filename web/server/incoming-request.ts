import type { IncomingMessage } from 'node:http';

import { hostNameOf, isServedHost, servedNames } from '@tapedeck/market/wire/host-name';
import type { Refusal } from '@tapedeck/net/request-form';
import { WEB_KEY_HEADER } from '@tapedeck/net/web-key';

const MAX_SHOWN = 80;
/** Said by this server to Next and to the feed, so by nobody else. */
const OWN_HEADERS = [
  'forwarded',
  'x-forwarded-port',
  'x-nonce',
  'content-security-policy',
  'content-security-policy-report-only',
  WEB_KEY_HEADER,
];

export type WebAccess = {
  readonly host: string;
  readonly origins: string;
  readonly hasToken: boolean;
};

/**
 * Looks at every request, upgrades included, before Next or the feed do: says why it is refused, or puts its headers in
 * order. What may be asked for by whom (hosts, forwarded headers) is decided here and nowhere else.
 */
export function refusalOf(request: IncomingMessage): Refusal | undefined {
  const refusal = hostRefusal(request, accessOf(process.env));
  if (refusal === undefined) putInOrder(request);
  return refusal;
}

/** As the feed reads the same names. Off loopback it does not start without a token, which need not be told here. */
export function accessOf(env: Readonly<Record<string, string | undefined>>): WebAccess {
  const host = env['TAPEDECK_HOST'] || '127.0.0.1';
  const isOpen = !isServedHost(host.includes(':') ? `[${host}]` : host, new Set());
  return {
    host,
    origins: env['TAPEDECK_ORIGINS'] ?? '',
    hasToken: isOpen || Boolean(env['TAPEDECK_TOKEN']),
  };
}

/** P24b: a foreign page whose name was pointed at this machine is known by its `Host` alone. */
export function hostRefusal(
  { headers, rawHeaders }: Pick<IncomingMessage, 'headers' | 'rawHeaders'>,
  { host, origins, hasToken }: WebAccess,
): Refusal | undefined {
  const given = rawHeaders.filter((_, i) => i % 2 === 1 && /^host$/i.test(rawHeaders[i - 1] ?? ''));
  // That of a target which is a whole address has taken the place of the header.
  const hosts = [...given, headers.host ?? ''];
  const shown = (name: string): string => JSON.stringify(name.slice(0, MAX_SHOWN));
  const unreadable = hosts.find((each) => hostNameOf(each) === undefined);
  if (unreadable !== undefined)
    return { status: 400, message: `host: ${shown(unreadable)} is not a host` };
  if (hasToken) return undefined;
  const names = servedNames(
    host,
    origins.split(',').map((each) => each.trim()),
  );
  const foreign = hosts.find((each) => !isServedHost(each, names));
  if (foreign === undefined) return undefined;
  const message =
    `host: ${shown(foreign)} is not served without a token: open the page as localhost or 127.0.0.1, ` +
    'add its origin to TAPEDECK_ORIGINS, or set TAPEDECK_TOKEN';
  return { status: 403, message };
}

/** P24c: the last hop is the one that this process has seen itself; the host of the page is what it was asked for. */
function putInOrder({ headers, socket }: IncomingMessage): void {
  for (const name of OWN_HEADERS) delete headers[name];
  const hops = [headers['x-forwarded-for'], socket.remoteAddress].filter(Boolean);
  headers['x-forwarded-for'] = hops.join(', ');
  headers['x-forwarded-host'] = headers.host;
  // Of a proxy that ends TLS before this server. It makes addresses in the answer to whoever says it, and nothing else.
  headers['x-forwarded-proto'] = /^\s*https\b/i.test(String(headers['x-forwarded-proto']))
    ? 'https'
    : 'http';
}
