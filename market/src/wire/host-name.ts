/*
 * Host header check against DNS rebinding (P24b). A hostile page whose DNS name is rebound to this machine is
 * same-origin with our responses; only the name in `Host` distinguishes it from our own pages. Feed and web both
 * check it here.
 */

const NAME = /^([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)\.?(?::\d{1,5})?$/;
const IPV6 = /^(\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
const LOOPBACK_V4 = /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
/** `::1` in short and full form, and 127.0.0.0/8 as an IPv4-mapped address of a dual-stack socket. */
const LOOPBACK_V6 =
  /^\[(?:::1|(?:0{1,4}:){7}0{0,3}1|::ffff:127(?:\.\d{1,3}){3}|::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4})\]$/;

/** Normalises the host of a `Host` header or URL: lower case, no port, no trailing dot; undefined if invalid. */
export function hostNameOf(host: string): string | undefined {
  const lower = host.toLowerCase();
  return (IPV6.exec(lower) ?? NAME.exec(lower))?.[1];
}

/** Names that DNS cannot rebind: browsers and resolvers always map `localhost` to this machine (RFC 6761, 6.3). */
function isLoopbackName(name: string): boolean {
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    LOOPBACK_V4.test(name) ||
    LOOPBACK_V6.test(name)
  );
}

/** Whether to serve requests for this `Host`: a loopback name, or a name that the operator has configured. */
export function isServedHost(host: string, names: ReadonlySet<string>): boolean {
  const name = hostNameOf(host);
  return name !== undefined && (isLoopbackName(name) || names.has(name));
}

/** The names that the operator has configured: the listen address, and origins such as `https://desk.example`. */
export function servedNames(host: string, origins: readonly string[]): ReadonlySet<string> {
  const bare = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const named = [bare, ...origins.map((origin) => origin.replace(/^https?:\/\//, ''))];
  return new Set(named.map(hostNameOf).filter((name) => name !== undefined));
}
