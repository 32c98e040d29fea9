/* Where the feed is, read at run time from the environment (section 11 of the protocol). */

const DEFAULT_FEED_PORT = '8080';
/** Addresses that mean "every interface": reachable by loopback. */
const WILDCARD_HOSTS: ReadonlySet<string> = new Set(['', '0.0.0.0', '::', '[::]']);

function feedPort(): string {
  return process.env['TAPEDECK_PORT'] || DEFAULT_FEED_PORT;
}

/** The feed's address for this server: same machine, or same network namespace. */
export function internalFeedOrigin(): string {
  const host = process.env['TAPEDECK_HOST'] ?? '';
  const reachable = WILDCARD_HOSTS.has(host) ? '127.0.0.1' : host;
  const literal =
    reachable.includes(':') && !reachable.startsWith('[') ? `[${reachable}]` : reachable;
  return `http://${literal}:${feedPort()}`;
}

/**
 * The feed's address for browsers: `TAPEDECK_FEED_URL`, otherwise the page's own host with the feed's port. `host` is
 * the request's `Host` header, `protocol` is `http` or `https`.
 */
export function publicFeedOrigin(host: string | null, protocol: string): string {
  const configured = process.env['TAPEDECK_FEED_URL'];
  if (configured !== undefined && configured !== '') return configured.replace(/\/+$/, '');
  const hostname = URL.canParse(`http://${host}`)
    ? new URL(`http://${host}`).hostname
    : '127.0.0.1';
  return `${protocol}://${hostname}:${feedPort()}`;
}
