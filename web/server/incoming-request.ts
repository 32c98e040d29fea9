import type { IncomingMessage } from 'node:http';

import { hostNameOf, isServedHost, servedNames } from '@tapedeck/market/wire/host-name';
import type { Refusal } from '@tapedeck/net/request-form';
import { WEB_KEY_HEADER } from '@tapedeck/net/web-key';

const MAX_SHOWN = 80;
/** Only this server may send these to Next and the feed. */
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
 * Checks every request, upgrades included, before Next or the feed: returns why it is refused, or cleans its headers.
 * Who may ask for what (hosts, forwarded headers) is decided only here.
 */
export function refusalOf(request: IncomingMessage): Refusal | undefined {
  const refusal = hostRefusal(request, accessOf(process.env));
  if (refusal === undefined) putInOrder(request);
  return refusal;
}

/** Read as the feed does. Off loopback the feed does not start without a token, so that case needs no check here. */
export function accessOf(env: Readonly<Record<string, string | undefined>>): WebAccess {
  const host = env['TAPEDECK_HOST'] || '127.0.0.1';
  const isOpen = !isServedHost(host.includes(':') ? `[${host}]` : host, new Set());
  return {
    host,
    origins: env['TAPEDECK_ORIGINS'] ?? '',
    hasToken: isOpen || Boolean(env['TAPEDECK_TOKEN']),
  };
}

/** P24b: a foreign page whose name points to this machine is recognised only by its `Host`. */
export function hostRefusal(
  { headers, rawHeaders }: Pick<IncomingMessage, 'headers' | 'rawHeaders'>,
  { host, origins, hasToken }: WebAccess,
): Refusal | undefined {
  const given = rawHeaders.filter((_, i) => i % 2 === 1 && /^host$/i.test(rawHeaders[i - 1] ?? ''));
  // The host of an absolute target has replaced the header.
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

/** P24c: the last hop is the peer of this process; the page's host is the one requested. */
function putInOrder({ headers, socket }: IncomingMessage): void {
  for (const name of OWN_HEADERS) delete headers[name];
  const hops = [headers['x-forwarded-for'], socket.remoteAddress].filter(Boolean);
  headers['x-forwarded-for'] = hops.join(', ');
  headers['x-forwarded-host'] = headers.host;
  // From a proxy that ends TLS in front. It only affects addresses in the sender's own response.
  headers['x-forwarded-proto'] = /^\s*https\b/i.test(String(headers['x-forwarded-proto']))
    ? 'https'
    : 'http';
}
