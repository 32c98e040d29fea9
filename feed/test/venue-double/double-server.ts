/* The double on a port: sockets and requests at one origin, over real connections. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';

import { type WebSocket, WebSocketServer } from 'ws';

import type { DoubleVenue } from './double-venue.ts';

export class DoubleServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #port: number;
  /** Payloads of received pongs. */
  readonly pongs: string[] = [];
  readonly #pingers = new Set<(payload: string) => void>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
  }

  static async start(venue: DoubleVenue, port = 0): Promise<DoubleServer> {
    const server = createServer((request, response) => {
      void text(request).then(
        (sent) => {
          const own = request.method === 'POST' ? sent : undefined;
          const { status, body, retryAfter, delayMs } = venue.rest(request.url ?? '/', own);
          if (venue.faults.isHalfOpen === true) return;
          setTimeout(() => {
            const headers = retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) };
            response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
            response.end(body);
          }, delayMs);
        },
        // It hung up.
        () => undefined,
      );
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const double = new DoubleServer(server, (server.address() as AddressInfo).port);
    const sockets = new WebSocketServer({ noServer: true, autoPong: false });
    server.on('connection', (socket) => {
      double.#sockets.add(socket);
      socket.on('close', () => double.#sockets.delete(socket));
    });
    server.on('upgrade', (request, raw: Socket, head) => {
      const waiting: ((socket: WebSocket) => void)[] = [];
      let live: WebSocket | undefined;
      const withSocket = (work: (socket: WebSocket) => void): void => {
        if (live === undefined) waiting.push(work);
        else work(live);
      };
      const opened = venue.open(request.url ?? '/', {
        send: (text) => withSocket((socket) => socket.send(text)),
        // A client sees 1006 if a connection ends without a close frame.
        close: (code) =>
          withSocket((socket) => (code === 1006 ? socket.terminate() : socket.close(code))),
      });
      if (!('hear' in opened)) {
        const { status, retryAfter } = opened;
        const after = retryAfter === undefined ? '' : `Retry-After: ${retryAfter}\r\n`;
        raw.end(`HTTP/1.1 ${status} Refused\r\n${after}Content-Length: 0\r\n\r\n`);
        return;
      }
      const line = opened;
      sockets.handleUpgrade(request, raw, head, (socket) => {
        live = socket;
        for (const work of waiting) work(socket);
        const ping = (payload: string): void => socket.ping(payload);
        double.#pingers.add(ping);
        socket.on('message', (data) => line.hear((data as Buffer).toString()));
        socket.on('pong', (payload) => {
          venue.hearFrame();
          double.pongs.push(payload.toString());
        });
        socket.on('ping', (payload) => {
          venue.hearFrame();
          if (venue.faults.isHalfOpen !== true) socket.pong(payload);
        });
        socket.on('close', () => {
          double.#pingers.delete(ping);
          line.gone();
        });
      });
    });
    return double;
  }

  /** For `TAPEDECK_VENUE_ENDPOINTS`: both origins. */
  get endpoint(): string {
    return `ws://127.0.0.1:${this.#port}|http://127.0.0.1:${this.#port}`;
  }

  /** Pings every socket. */
  ping(payload: string): void {
    for (const ping of this.#pingers) ping(payload);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
