/*
 * Access rules (P24). Without a token `Host` must be ours (P24b); an `Origin`, if a browser sends one, must be
 * allowed; once a token is set, every request needs it: `Authorization: Bearer TOKEN`, or `?token=TOKEN` where a
 * browser cannot set headers. What changes the feed for everyone is only for the operator (P24a): the token as a
 * header, or, if none is set, a request from this machine. `visitor.ts` decides which headers about a client's
 * identity are trusted.
 */
import type { Context } from 'hono';

import { shownName } from '@tapedeck/market/wire/codec/codec';
import { isServedHost, servedNames } from '@tapedeck/market/wire/host-name';

import { isLoopback } from '../config/config.ts';
import { RefusalTally } from './refusal-tally.ts';
import { isSameSecret } from './secret.ts';
import { type TrustRules, type Visitor, visitorOf } from './visitor.ts';

export type AccessRules = TrustRules & {
  readonly token: string | undefined;
  /** Port on which the dashboard actually listens. */
  readonly webPort: number;
  readonly host: string;
  readonly origins: readonly string[];
};

export class Access {
  /** How often clients were refused, and why. */
  readonly refusals = new RefusalTally();
  readonly #rules: AccessRules;
  readonly #names: ReadonlySet<string>;
  #feedPort = 0;

  constructor(rules: AccessRules) {
    this.#rules = rules;
    this.#names = servedNames(rules.host, rules.origins);
  }

  /** The feed's own port, once it listens: its own pages (API docs) may call it. */
  listensAt(port: number): void {
    this.#feedPort = port;
  }

  visitor(context: Context): Visitor {
    return visitorOf(context, this.#rules);
  }

  /**
   * Why this host is not served (P24b): a foreign page whose name points to this machine shows only in its `Host`.
   * With a token it cannot read anything, so any name is accepted.
   */
  hostRefusal({ hosts }: Pick<Visitor, 'hosts'>): string | undefined {
    if (this.#rules.token !== undefined) return undefined;
    const foreign = hosts.find((host) => !isServedHost(host, this.#names));
    if (foreign === undefined) return undefined;
    return (
      `host: "${shownName(foreign)}" is not served without a token: open the page as localhost or 127.0.0.1, ` +
      'add its origin to TAPEDECK_ORIGINS, or set TAPEDECK_TOKEN'
    );
  }

  /** Requests without `Origin` come from programs, not from pages: the list is for browsers. */
  allowsOrigin({ origin, webHost }: Pick<Visitor, 'origin' | 'webHost'>): boolean {
    if (origin === undefined) return true;
    if (this.#rules.origins.includes(origin)) return true;
    let url: URL;
    try {
      url = new URL(origin);
    } catch {
      // "null" and other opaque origins: sandboxed pages, files.
      return false;
    }
    // Through the dashboard's own proxy, the page and its host are the same, whatever port was forwarded.
    if (webHost !== undefined && url.host === webHost.toLowerCase()) return true;
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    const ports = [this.#rules.webPort, this.#feedPort];
    const hosts = ['localhost', '127.0.0.1', '[::1]', this.#rules.host];
    return ports.includes(port) && hosts.includes(url.hostname);
  }

  /** True if no token is set, or the right one was given. Compared in constant time. */
  allowsToken({ authorization, token }: Pick<Visitor, 'authorization' | 'token'>): boolean {
    const wanted = this.#rules.token;
    if (wanted === undefined) return true;
    const given = bearerOf(authorization) ?? token;
    return given !== undefined && isSameSecret(given, wanted);
  }

  /**
   * Why this visitor is not an operator (P24a); undefined for one who is. A token in the URL is not enough: URLs end
   * up in logs and browser histories.
   */
  operatorRefusal({ authorization, hops }: Pick<Visitor, 'authorization' | 'hops'>) {
    const wanted = this.#rules.token;
    if (wanted !== undefined) {
      const given = bearerOf(authorization);
      if (given !== undefined && isSameSecret(given, wanted)) return undefined;
      return 'authorization: an operator sends "Bearer TOKEN", with the token of TAPEDECK_TOKEN';
    }
    const foreign = hops.find((each) => !isLoopback(each));
    if (foreign === undefined) return undefined;
    return `address: "${shownName(foreign)}" is not this machine, and no TAPEDECK_TOKEN is set`;
  }
}

/** The scheme is case-insensitive (RFC 9110, section 11.1). */
function bearerOf(authorization: string | undefined): string | undefined {
  return authorization?.match(/^Bearer +(.+)$/i)?.[1];
}
