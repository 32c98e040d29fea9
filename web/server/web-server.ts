/*
 * The pages' server. Next makes the responses; the sockets are ours (P35), as `next start` never closes an upgrade
 * that it does not serve.
 */
import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';

import next from 'next';

import { DEADLINES, type Deadlines } from '@tapedeck/net/deadlines';
import { connectionBudget } from '@tapedeck/net/descriptors';
import { SocketGuard } from '@tapedeck/net/socket-guard';

import { internalFeedOrigin } from '../feed-environment.ts';
import { carryRequest, isFeedPath } from './feed-request.ts';
import { carryUpgrade } from './feed-upgrade.ts';
import { refusalOf } from './incoming-request.ts';
import { PagePolicies } from './page-policy.ts';

const UPGRADE_PATH = '/v1/stream';
/** Of this process; `/metrics` is the feed's. */
const FIGURES_PATH = '/web/metrics';

export type WebServerOptions = {
  /** The folder of the built pages. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  readonly deadlines?: Deadlines;
};

export type WebServer = { readonly port: number; readonly close: () => void };

/** Resolves once the server listens and its pages are ready; rejects if the address cannot be used. */
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
    // Next would add an `upgrade` listener to the server of its first request; this server gets no upgrades.
    httpServer: new Server(),
  });
  await pages.prepare();
  const answer = pages.getRequestHandler();
  const policies = new PagePolicies(join(folder, '.next/server/app'));
  const server = guard.createServer((request, response) => {
    if (request.url === FIGURES_PATH) {
      response.setHeader('Content-Type', 'text/plain; version=0.0.4').end(figuresOf(guard));
      return;
    }
    if (isFeedPath(request.url ?? '')) {
      carryRequest(request, response, internalFeedOrigin());
      return;
    }
    harden(request, response, policies);
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
  // Each may take one more to the feed.
  guard.maxConnections = connectionBudget(2);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Security headers for a page and for each of its files. */
function harden(request: IncomingMessage, response: ServerResponse, policies: PagePolicies): void {
  const { headers, url = '/' } = request;
  const { policy, hasNonce } = policies.of({
    path: url.split('?')[0] ?? '/',
    host: headers.host ?? '',
    protocol: String(headers['x-forwarded-proto'] ?? 'http'),
  });
  // Next reads the nonce from here, for the scripts that it inserts.
  if (hasNonce) headers['content-security-policy'] = policy;
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
}

/** For Prometheus, like the feed's. */
function figuresOf({ connections, crowded }: SocketGuard): string {
  return [
    '# HELP tapedeck_web_connections Open connections to the pages',
    '# TYPE tapedeck_web_connections gauge',
    `tapedeck_web_connections ${connections}`,
    '# HELP tapedeck_web_refusals_total Connections that were closed because there were too many',
    '# TYPE tapedeck_web_refusals_total counter',
    `tapedeck_web_refusals_total{reason="descriptors"} ${crowded}`,
    '',
  ].join('\n');
}
