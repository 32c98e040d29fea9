import type { createServer, RequestListener, Server } from 'node:http';

import { createAdaptorServer } from '@hono/node-server';
import { WebSocketServer } from 'ws';

import { DEADLINES, type Deadlines } from '@tapedeck/net/deadlines';
import { SocketGuard } from '@tapedeck/net/socket-guard';

import { MAX_PAYLOAD_BYTES } from './stream/limits.ts';
import { chooseSubprotocol } from './stream/wire-form.ts';

type Fetch = Parameters<typeof createAdaptorServer>[0]['fetch'];

export type ListenOptions = {
  readonly host: string;
  readonly port: number;
  readonly deadlines?: Deadlines | undefined;
};

/** Serves HTTP and websockets on one port; rejects for an address that cannot be used. */
export function listen(
  fetch: Fetch,
  { host, port, deadlines = DEADLINES }: ListenOptions,
): Promise<Server> {
  // A request for a websocket is any route's to take or refuse; Hono answers what no route takes.
  const guard = new SocketGuard({ deadlines, takesUpgrade: () => true });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
    // By default the first offer is taken, whatever it is.
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

/** The port that a server really has. */
export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
