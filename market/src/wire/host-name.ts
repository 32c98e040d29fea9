/*
 * Whom a request was meant for (P24b). A page whose name was made to point at this machine (DNS rebinding) is of the
 * same origin as what it then reads: nothing but the name in `Host` tells it from our own pages. Feed and web ask here.
 */

const NAME = /^([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)\.?(?::\d{1,5})?$/;
const IPV6 = /^(\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
const LOOPBACK_V4 = /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
/** `::1` in short and in full, and 127.0.0.0/8 as seen by a socket that speaks both. */
const LOOPBACK_V6 =
  /^\[(?:::1|(?:0{1,4}:){7}0{0,3}1|::ffff:127(?:\.\d{1,3}){3}|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})\]$/;

/** The name of a `Host` header or of the host of a URL: lower case, no port, no dot of the root; undefined for no host. */
export function hostNameOf(host: string): string | undefined {
  const lower = host.toLowerCase();
  return (IPV6.exec(lower) ?? NAME.exec(lower))?.[1];
}

/** Names that no foreign DNS answers for: browsers and resolvers keep `localhost` to this machine (RFC 6761, 6.3). */
export function isLoopbackName(name: string): boolean {
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    LOOPBACK_V4.test(name) ||
    LOOPBACK_V6.test(name)
  );
}

/** Whether a request for this `Host` is ours: a loopback name, or one of those the operator has set. */
export function isServedHost(host: string, names: ReadonlySet<string>): boolean {
  const name = hostNameOf(host);
  return name !== undefined && (isLoopbackName(name) || names.has(name));
}

/** The names that the operator has set: of an address to listen on, and of origins such as `https://desk.example`. */
export function servedNames(host: string, origins: readonly string[]): ReadonlySet<string> {
  const bare = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const named = [bare, ...origins.map((origin) => origin.replace(/^https?:\/\//, ''))];
  return new Set(named.map(hostNameOf).filter((name) => name !== undefined));
}
