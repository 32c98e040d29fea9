/*
 * Whose word counts for who a visitor is (P24c). A socket's own address is always true. `X-Forwarded-*` may be written
 * by anybody, a page's script included: it counts only where the socket belongs to our own web process, which proves
 * itself by a key that both were started with, or to a proxy of `TAPEDECK_TRUSTED_PROXIES`. The last hop of
 * `X-Forwarded-For` is what that one has seen itself; what stands before it counts only as far as those are trusted, too.
 */
import { isIP } from 'node:net';

import type { HttpBindings } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';

import { WEB_KEY_HEADER } from '@tapedeck/net/web-key';

import type { TrustedProxies } from '../config/trusted-proxies.ts';
import { isSameSecret } from './secret.ts';

/** What a request says of itself, as far as it is to be believed. */
export type Visitor = {
  /** Whom limits count: `addressGroup` of the address that spoke, as far as it is known. */
  readonly address: string;
  /** The socket's address and every hop that is named, believed or not: they may only take rights away. */
  readonly hops: readonly string[];
  /** Whom the request was meant for: each `Host`, the target's own, and what the web was asked for. */
  readonly hosts: readonly string[];
  /** The host of the page that our own web serves; undefined where it was not our own web that asked. */
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
 * What limits count as one: an IPv4 address, or the /64 of an IPv6 one, for whoever has one of its addresses has 2^64
 * of them (RFC 6177). What is no address is itself.
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

/** Of the socket; `unknown` where a test calls without one. */
function socketAddress(context: Context): string {
  if ((context.env as Partial<HttpBindings> | undefined)?.incoming === undefined) return 'unknown';
  return plainAddress(getConnInfo(context).remote.address ?? 'unknown');
}

/** `::ffff:10.0.0.1` is 10.0.0.1, seen by a socket that speaks both. */
function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address;
}

/** Every host that the request names: two headers, or a target with a host of its own, must all be ours. */
function hostsOf(context: Context): string[] {
  const incoming = (context.env as Partial<HttpBindings> | undefined)?.incoming;
  if (incoming === undefined) return [new URL(context.req.url).host];
  const { rawHeaders, headers, url = '/' } = incoming;
  const hosts = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 && name.toLowerCase() === 'host' ? [rawHeaders[i + 1] ?? ''] : [],
  );
  if (hosts.length === 0) hosts.push('');
  // The server may have taken the target's host for that of the header already (RFC 9112, section 3.2.2).
  if (headers.host !== undefined) hosts.push(headers.host);
  if (!url.startsWith('/') && URL.canParse(url)) hosts.push(new URL(url).host);
  return hosts;
}
