/*
 * Which headers about a visitor's identity are trusted (P24c). A socket's own address is always true. Anyone, a
 * page's script included, can write `X-Forwarded-*`: it counts only if the socket belongs to our own web process,
 * which proves itself by a key that both were started with, or to a proxy in `TAPEDECK_TRUSTED_PROXIES`. The last hop
 * of `X-Forwarded-For` is what that sender saw itself; earlier hops count only as far as those are trusted too.
 */
import { isIP } from 'node:net';

import type { HttpBindings } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';

import { WEB_KEY_HEADER } from '@tapedeck/net/web-key';

import type { TrustedProxies } from '../config/trusted-proxies.ts';
import { isSameSecret } from './secret.ts';

/** What is known of a request's sender, as far as it can be trusted. */
export type Visitor = {
  /** What limits count by: `addressGroup` of the client's address, as far as it is known. */
  readonly address: string;
  /** The socket's address and every named hop, trusted or not: they can only take rights away. */
  readonly hops: readonly string[];
  /**
   * Whom the request was addressed to: each `Host`, the target's own host, and the host that the web was asked for.
   */
  readonly hosts: readonly string[];
  /** The host of the page that our own web serves; undefined for requests from anyone else. */
  readonly webHost: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  readonly token: string | undefined;
};

export type TrustRules = {
  /** `TAPEDECK_WEB_KEY`; without one no web is our own. */
  readonly webKey: string | undefined;
  readonly trustedProxies: TrustedProxies;
};

export function visitorOf(context: Context, { webKey, trustedProxies }: TrustRules): Visitor {
  const header = (name: string): string | undefined => context.req.header(name);
  const key = header(WEB_KEY_HEADER);
  const isWeb = webKey !== undefined && key !== undefined && isSameSecret(key, webKey);
  const socket = socketAddress(context);
  const named = (header('x-forwarded-for') ?? '').split(',').map((hop) => plainAddress(hop.trim()));
  const forwarded = named.filter((hop) => hop !== '');
  let address = socket;
  for (let hop = forwarded.length - 1; hop >= 0; hop--) {
    const isBelieved = (isWeb && address === socket) || trustedProxies.has(address);
    const next = forwarded[hop];
    if (!isBelieved || next === undefined || isIP(next) === 0) break;
    address = next;
  }
  const forwardedHost = header('x-forwarded-host');
  return {
    address: addressGroup(address),
    hops: [socket, ...forwarded],
    hosts: [...hostsOf(context), ...(forwardedHost === undefined ? [] : [forwardedHost])],
    webHost: isWeb ? forwardedHost : undefined,
    origin: header('origin'),
    authorization: header('authorization'),
    token: context.req.query('token'),
  };
}

/**
 * What limits count as one client: an IPv4 address, or the /64 of an IPv6 one, because a client with one of its
 * addresses has 2^64 of them (RFC 6177). Other text is used as it is.
 */
export function addressGroup(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  const groups = tail === undefined ? before : [...before, ...zeros, ...after];
  const network = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${network.join(':')}::/64`;
}

/** Of the socket; `unknown` if a test calls without one. */
function socketAddress(context: Context): string {
  if ((context.env as Partial<HttpBindings> | undefined)?.incoming === undefined) return 'unknown';
  return plainAddress(getConnInfo(context).remote.address ?? 'unknown');
}

/** `::ffff:10.0.0.1` is 10.0.0.1, seen by a socket for both IPv4 and IPv6. */
function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address;
}

/** Every host that the request names: with two headers, or a target with its own host, all must be ours. */
function hostsOf(context: Context): string[] {
  const incoming = (context.env as Partial<HttpBindings> | undefined)?.incoming;
  if (incoming === undefined) return [new URL(context.req.url).host];
  const { rawHeaders, headers, url = '/' } = incoming;
  const hosts = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 && name.toLowerCase() === 'host' ? [rawHeaders[i + 1] ?? ''] : [],
  );
  if (hosts.length === 0) hosts.push('');
  // The server may already have replaced the header's host by the target's (RFC 9112, section 3.2.2).
  if (headers.host !== undefined) hosts.push(headers.host);
  if (!url.startsWith('/') && URL.canParse(url)) hosts.push(new URL(url).host);
  return hosts;
}
