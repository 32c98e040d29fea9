import type { Server } from 'node:http';

import { serve } from '@hono/node-server';
import { WebSocketServer } from 'ws';

import { MAX_PAYLOAD_BYTES } from './stream/limits.ts';
import { chooseSubprotocol } from './stream/wire-form.ts';

type Fetch = Parameters<typeof serve>[0]['fetch'];

/** Serves HTTP and websockets on one port; rejects for an address that cannot be used. */
export function listen(
  fetch: Fetch,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Server> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    // By default the first offer is taken, whatever it is.
    handleProtocols: chooseSubprotocol,
  });
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch,
        hostname: host,
        port,
        // ws types `noServer` as possibly undefined, which exactOptionalPropertyTypes refuses.
        websocket: {
          server: sockets as unknown as NonNullable<
            Parameters<typeof serve>[0]['websocket']
          >['server'],
        },
      },
      () => resolve(server as Server),
    );
    server.once('error', reject);
  });
}

/** The port that a server really has. */
export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
