/*
 * Where the feed is, read from the environment at run time on the web's server. Names: section 11 of the protocol.
 */

const DEFAULT_FEED_PORT = '8080';
/** Addresses that mean "every interface": reachable by loopback. */
const WILDCARD_HOSTS: ReadonlySet<string> = new Set(['', '0.0.0.0', '::', '[::]']);

function feedPort(): string {
  return process.env['TAPEDECK_PORT'] || DEFAULT_FEED_PORT;
}

/** The feed as this server reaches it: same machine, or same network namespace. */
export function internalFeedOrigin(): string {
  const host = process.env['TAPEDECK_HOST'] ?? '';
  const reachable = WILDCARD_HOSTS.has(host) ? '127.0.0.1' : host;
  const literal =
    reachable.includes(':') && !reachable.startsWith('[') ? `[${reachable}]` : reachable;
  return `http://${literal}:${feedPort()}`;
}

/**
 * The feed as browsers reach it: `TAPEDECK_FEED_URL`, else the host that the page was asked for with the feed's port.
 * `host` is the request's `Host` header, `protocol` `http` or `https`.
 */
export function publicFeedOrigin(host: string | null, protocol: string): string {
  const configured = process.env['TAPEDECK_FEED_URL'];
  if (configured !== undefined && configured !== '') return configured.replace(/\/+$/, '');
  const hostname = URL.canParse(`http://${host}`)
    ? new URL(`http://${host}`).hostname
    : '127.0.0.1';
  return `${protocol}://${hostname}:${feedPort()}`;
}
