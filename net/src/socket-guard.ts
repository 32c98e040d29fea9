/*
 * The sockets of an HTTP server, from accept to close, whatever bytes come: each has an error listener, an owner that
 * answers or closes it, and a deadline in every phase (P35).
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { BODY_BYTES_PER_SECOND, DEADLINES, type Deadlines } from './deadlines.ts';
import { ALLOW, hasBody, type Refusal, refusalOfForm } from './request-form.ts';

export type SocketGuardOptions = {
  readonly deadlines?: Deadlines;
  /** Called for each connection closed because there were more than `maxConnections`. */
  readonly onCrowded?: () => void;
  /**
   * Whether a request for a WebSocket goes to the `upgrade` listeners. Any other upgrade is ignored and the request
   * served without it (RFC 9110, section 7.8): curl and Java offer `h2c` by default.
   */
  readonly takesUpgrade: (request: IncomingMessage) => boolean;
  /** Why a request is refused, checked before anything else handles it. */
  readonly refusalOf?: (request: IncomingMessage) => Refusal | undefined;
};

export class SocketGuard {
  readonly #deadlines: Deadlines;
  readonly #options: SocketGuardOptions;
  /** The response to each connection's newest request. */
  readonly #serving = new WeakMap<Duplex, ServerResponse<IncomingMessage>>();
  readonly #judged = new WeakMap<IncomingMessage, { readonly refusal: Refusal | undefined }>();
  /** Connections that have not sent a request yet, the oldest first. */
  readonly #waiting = new Set<Duplex>();
  /** Most connections at once (P35a). */
  maxConnections = Number.POSITIVE_INFINITY;
  #connections = 0;
  #crowded = 0;

  constructor(options: SocketGuardOptions) {
    this.#options = options;
    this.#deadlines = options.deadlines ?? DEADLINES;
  }

  /** Open sockets, including upgraded ones. */
  get connections(): number {
    return this.#connections;
  }

  /** Connections closed because there were too many. */
  get crowded(): number {
    return this.#crowded;
  }

  /** A server whose sockets are guarded. The listener gets the requests that are not refused. */
  createServer(listener: RequestListener): Server {
    const { headersMs, keepAliveMs, idleMs, checkMs } = this.#deadlines;
    const server = createServer(
      {
        headersTimeout: headersMs,
        keepAliveTimeout: keepAliveMs,
        connectionsCheckingInterval: checkMs,
        // An upload may take hours: a body has a minimum rate instead of a time limit.
        requestTimeout: 0,
        shouldUpgradeCallback: (request) => this.#takesUpgrade(request),
      },
      (request, response) => this.#serve(request, response, listener),
    );
    server.timeout = idleMs;
    // So that a failed accept (no descriptor left) does not throw; the caller's own listener for the start gets it,
    // too.
    server.on('error', () => undefined);
    server.on('connection', (socket) => this.#own(socket));
    server.on('timeout', (socket) => this.#idle(socket));
    server.on('connect', (_, socket) =>
      refuseSocket(socket, { status: 405, message: 'method', headers: { Allow: ALLOW } }),
    );
    return server;
  }

  #own(socket: Socket): void {
    this.#connections++;
    // For the socket's whole life: its next owner may have no listener yet, or no longer.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#connections--;
      this.#waiting.delete(socket);
    });
    if (this.#connections > this.maxConnections) this.#makeRoom(socket);
    this.#waiting.add(socket);
  }

  /** The connection that has waited longest without a request is closed: silent peers must not keep out others. */
  #makeRoom(newcomer: Socket): void {
    this.#crowded++;
    this.#options.onCrowded?.();
    const [oldest = newcomer] = this.#waiting;
    this.#waiting.delete(oldest);
    oldest.destroy();
  }

  #takesUpgrade(request: IncomingMessage): boolean {
    const { headers, method, socket } = request;
    this.#waiting.delete(socket);
    if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return false;
    if (this.#refusalOf(request) !== undefined) return false;
    if (!this.#options.takesUpgrade(request)) return false;
    // The handler that takes the socket clears this with `setTimeout(0)`, as `ws` does.
    socket.setTimeout(this.#deadlines.upgradeMs, () => socket.destroy());
    return true;
  }

  /** Decided once: an upgrade that is ignored comes again as a request. */
  #refusalOf(request: IncomingMessage): Refusal | undefined {
    const judged = this.#judged.get(request);
    if (judged !== undefined) return judged.refusal;
    const refusal = refusalOfForm(request) ?? this.#options.refusalOf?.(request);
    this.#judged.set(request, { refusal });
    return refusal;
  }

  #serve(request: IncomingMessage, response: ServerResponse, listener: RequestListener): void {
    this.#serving.set(request.socket, response);
    this.#waiting.delete(request.socket);
    if (hasBody(request)) this.#watchBody(request);
    if (request.method === 'OPTIONS' && request.url === '*') {
      response.writeHead(204, { Allow: ALLOW }).end();
      return;
    }
    const refusal = this.#refusalOf(request);
    if (refusal === undefined) listener(request, response);
    else refuse(response, refusal);
  }

  /** Nothing moved for a while: the peer's fault, unless its response is still being prepared. */
  #idle(socket: Socket): void {
    const answer = this.#serving.get(socket);
    const isBeingMade = answer?.req.complete === true && !answer.writableFinished;
    if (isBeingMade && socket.writableLength === 0) socket.setTimeout(this.#deadlines.idleMs);
    else socket.destroy();
  }

  #watchBody(request: IncomingMessage): void {
    const { bodyGraceMs, checkMs } = this.#deadlines;
    const { socket } = request;
    const atStart = socket.bytesRead;
    let elapsedMs = 0;
    const timer = setInterval(() => {
      elapsedMs += checkMs;
      if (request.complete || elapsedMs < bodyGraceMs) return;
      const owed = (BODY_BYTES_PER_SECOND * elapsedMs) / 1_000;
      if (socket.bytesRead - atStart < owed) socket.destroy();
    }, checkMs).unref();
    request.once('close', () => clearInterval(timer));
  }
}

/** A response is data: no page may frame it, and nothing may sniff another type in it. */
const DATA_HEADERS = {
  'Content-Type': 'application/json',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** Responds and closes: a body that nobody reads may still be coming. */
function refuse(response: ServerResponse, { status, message, headers }: Refusal): void {
  const code = status === 403 ? 103 : 107;
  const body = JSON.stringify({ error: { code, message, temporary: false } });
  response.writeHead(status, { ...headers, ...DATA_HEADERS, Connection: 'close' }).end(body);
}

/** The same on a socket that has left HTTP; it is closed once this has been sent. */
export function refuseSocket(socket: Duplex, { status, headers = {} }: Refusal): void {
  const lines = Object.entries({ ...headers, Connection: 'close', 'Content-Length': '0' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n`);
}
