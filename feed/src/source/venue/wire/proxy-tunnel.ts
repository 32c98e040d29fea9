/* Sockets through an HTTP proxy: CONNECT, then TLS inside the tunnel if the URL asks for it. */
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { connect as secureConnect } from 'node:tls';

const CONNECT_MS = 5_000;

type Target = { readonly host: string; readonly port: number; readonly isSecure: boolean };
type Connected = (error: Error | null, socket?: Socket) => void;

/** Host and port of a URL, and whether it needs TLS. */
export function targetOf(url: URL): Target {
  const isSecure = url.protocol === 'https:' || url.protocol === 'wss:';
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replaceAll(/^\[|\]$/g, ''), port, isSecure };
}

/** Opens a socket to the target through the proxy. */
export function openTunnel(proxy: URL, target: Target, connected: Connected): void {
  const { host, port } = target;
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const login = decodeURIComponent(`${proxy.username}:${proxy.password}`);
  const headers =
    proxy.username === ''
      ? { Host: authority }
      : {
          Host: authority,
          'Proxy-Authorization': `Basic ${Buffer.from(login).toString('base64')}`,
        };
  const request = proxy.protocol === 'https:' ? secureRequest : plainRequest;
  const asked = request({
    ...targetOf(proxy),
    method: 'CONNECT',
    path: authority,
    headers,
    timeout: CONNECT_MS,
  });
  asked.once('connect', (response, socket) => {
    if (response.statusCode !== 200) {
      socket.destroy();
      connected(new Error(`TAPEDECK_VENUE_PROXY: the proxy answered ${response.statusCode}`));
    } else if (target.isSecure) connected(null, secured(socket, host));
    else connected(null, socket);
  });
  asked.once('timeout', () => asked.destroy(new Error('the proxy does not answer')));
  asked.once('error', (error) =>
    connected(new Error(`TAPEDECK_VENUE_PROXY: ${error.message}`, { cause: error })),
  );
  asked.end();
}

function secured(socket: Socket, host: string): Socket {
  return secureConnect({ socket, ...nameOf(host) });
}

/** TLS server names (SNI) must be host names, not IP addresses. */
function nameOf(host: string): { readonly servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}
