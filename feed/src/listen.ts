import type { createServer, RequestListener, Server } from 'node:http';

import { createAdaptorServer } from '@hono/node-server';
import { WebSocketServer } from 'ws';

import { SocketGuard } from '@tapedeck/net/socket-guard';

import { MAX_PAYLOAD_BYTES } from './stream/frame/limits.ts';
import { chooseSubprotocol } from './stream/frame/wire-form.ts';

type Fetch = Parameters<typeof createAdaptorServer>[0]['fetch'];

export type ListenOptions = {
  readonly host: string;
  readonly port: number;
  /** For the sockets. It must let every WebSocket upgrade through; Hono accepts or refuses it. */
  readonly guard?: SocketGuard;
};

/** Serves HTTP and WebSockets on one port; rejects for an unusable address. */
export function listen(
  fetch: Fetch,
  { host, port, guard = new SocketGuard({ takesUpgrade: () => true }) }: ListenOptions,
): Promise<Server> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    // By default ws accepts the first protocol offered, whichever it is.
    handleProtocols: chooseSubprotocol,
  });
  const server = createAdaptorServer({
    fetch,
    hostname: host,
    createServer: ((_: unknown, listener: RequestListener) =>
      guard.createServer(listener)) as typeof createServer,
    // ws types `noServer` as possibly undefined, which exactOptionalPropertyTypes refuses.
    websocket: {
      server: sockets as unknown as NonNullable<
        Parameters<typeof createAdaptorServer>[0]['websocket']
      >['server'],
    },
  }) as Server;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

/** The port the server is bound to. */
export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
