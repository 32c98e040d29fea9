/*
 * Who may come in (P24). An `Origin`, where a browser sends one, must be on the list; once a token is set, every
 * request needs it: `Authorization: Bearer TOKEN`, or `?token=TOKEN` where a browser cannot set headers. What changes
 * the feed for all is the operator's alone (P24a): the token as a header, or, where none is set, this machine.
 */
import { timingSafeEqual } from 'node:crypto';

import { isLoopback } from './config.ts';

export type AccessRules = {
  readonly token: string | undefined;
  /** Port of the dashboard, as it really listens. */
  readonly webPort: number;
  /** Port of the feed itself: its own pages (API docs) may call it. */
  readonly feedPort: () => number;
  readonly host: string;
  readonly origins: readonly string[];
};

/** What a request says of itself. */
export type Visitor = {
  readonly origin: string | undefined;
  /** Host that the dashboard's own proxy was asked for; a browser cannot set it across origins. */
  readonly forwardedHost: string | undefined;
  readonly authorization: string | undefined;
  readonly token: string | undefined;
};

/** What a request for an operator's door says of itself. */
export type Caller = {
  readonly authorization: string | undefined;
  /** Address at the other end of the socket. */
  readonly address: string | undefined;
  /** Whom proxies in between say they speak for. */
  readonly forwardedFor: string | undefined;
};

export class Access {
  readonly #rules: AccessRules;

  constructor(rules: AccessRules) {
    this.#rules = rules;
  }

  /** Requests without `Origin` come from programs, not from pages: the list is for browsers. */
  allowsOrigin(visitor: Pick<Visitor, 'origin' | 'forwardedHost'>): boolean {
    const { origin, forwardedHost } = visitor;
    if (origin === undefined) return true;
    if (this.#rules.origins.includes(origin)) return true;
    let url: URL;
    try {
      url = new URL(origin);
    } catch {
      // "null" and other opaque origins: sandboxed pages, files.
      return false;
    }
    // Through the dashboard's own proxy the page and its host agree, whatever port was forwarded to it.
    if (forwardedHost !== undefined && url.host === forwardedHost) return true;
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    const ports = [this.#rules.webPort, this.#rules.feedPort()];
    const hosts = ['localhost', '127.0.0.1', '[::1]', this.#rules.host];
    return ports.includes(port) && hosts.includes(url.hostname);
  }

  /** True where no token is set, or the right one was given. Compared in constant time. */
  allowsToken(visitor: Pick<Visitor, 'authorization' | 'token'>): boolean {
    const wanted = this.#rules.token;
    if (wanted === undefined) return true;
    const given = bearerOf(visitor.authorization) ?? visitor.token;
    return given !== undefined && isSame(given, wanted);
  }

  /**
   * Why this caller is no operator (P24a); undefined for one who is. A token in the address is not enough: addresses
   * stand in logs and histories.
   */
  operatorRefusal({ authorization, address, forwardedFor }: Caller): string | undefined {
    const wanted = this.#rules.token;
    if (wanted !== undefined) {
      const given = bearerOf(authorization);
      if (given !== undefined && isSame(given, wanted)) return undefined;
      return 'authorization: an operator sends "Bearer TOKEN", with the token of TAPEDECK_TOKEN';
    }
    const hops = (forwardedFor ?? '').split(',').map((each) => each.trim());
    const all = [address ?? 'unknown', ...hops.filter((each) => each !== '')];
    const foreign = all.find((each) => !isLoopback(each));
    if (foreign === undefined) return undefined;
    return `address: "${foreign}" is not this machine, and no TAPEDECK_TOKEN is set`;
  }
}

/** The name of a scheme has no case (RFC 9110, section 11.1). */
function bearerOf(authorization: string | undefined): string | undefined {
  return authorization?.match(/^Bearer +(.+)$/i)?.[1];
}

function isSame(given: string, wanted: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}
