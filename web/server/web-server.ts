/*
 * The server of the pages. Next makes the answers; the sockets are ours (P35), which those of `next start` are not: it
 * never closes an upgrade that it does not serve.
 */
import { Server } from 'node:http';

import next from 'next';

import { DEADLINES, type Deadlines } from '@tapedeck/net/deadlines';
import { SocketGuard } from '@tapedeck/net/socket-guard';

import { internalFeedOrigin } from '../feed-environment.ts';
import { carryUpgrade } from './feed-upgrade.ts';
import { refusalOf } from './incoming-request.ts';

const UPGRADE_PATH = '/v1/stream';

export type WebServerOptions = {
  /** Of the built pages. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  readonly deadlines?: Deadlines;
};

export type WebServer = { readonly port: number; readonly close: () => void };

/** Resolves when the server listens and its pages are ready; rejects for an address that cannot be used. */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const { folder, host, port, deadlines = DEADLINES } = options;
  const guard = new SocketGuard({
    deadlines,
    refusalOf,
    takesUpgrade: (request) => request.url?.split('?')[0] === UPGRADE_PATH,
  });
  const pages = next({
    dir: folder,
    dev: false,
    hostname: host,
    port,
    // Next would listen for upgrades on the server of its first request; on this one none ever come.
    httpServer: new Server(),
  });
  await pages.prepare();
  const answer = pages.getRequestHandler();
  const server = guard.createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      process.stderr.write(
        `web: ${request.method} ${request.url?.slice(0, 200)}: ${String(error)}\n`,
      );
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.on('upgrade', (request, socket, head) =>
    carryUpgrade(request, socket, head, internalFeedOrigin()),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
