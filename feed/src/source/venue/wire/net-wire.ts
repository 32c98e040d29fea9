/* The real wire: `ws` for sockets, Node's HTTP for requests, both through a proxy if one is set. */
import { type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { Socket } from 'node:net';

import { type ClientOptions, WebSocket } from 'ws';

import type { Cancel } from '@tapedeck/market/time/clock';

import { openTunnel, targetOf } from './proxy-tunnel.ts';
import type { SocketListener, Wire, WireAnswer, WireRequest, WireSocket } from './wire.ts';

const OPEN_MS = 8_000;
/** Far above the largest answers, which have several megabytes. */
const MAX_BYTES = 64 * 1024 * 1024;

type Through = Pick<RequestOptions, 'createConnection'>;

export class NetWire implements Wire {
  readonly #proxy: URL | undefined;

  constructor(proxy: URL | undefined) {
    this.#proxy = proxy;
  }

  dial(url: string, listener: SocketListener): WireSocket {
    const socket = new WebSocket(url, {
      autoPong: false,
      handshakeTimeout: OPEN_MS,
      maxPayload: MAX_BYTES,
      skipUTF8Validation: false,
      followRedirects: false,
      ...(this.#through(new URL(url)) as ClientOptions),
    });
    let isOver = false;
    const ended = (end: Parameters<SocketListener['ended']>[0]): void => {
      if (isOver) return;
      isOver = true;
      listener.ended(end);
    };
    socket.on('open', () => listener.opened());
    socket.on('message', (data, isBinary) => {
      if (!isOver && !isBinary) listener.message((data as Buffer).toString('utf8'));
    });
    socket.on('ping', (payload) => listener.pinged(payload));
    socket.on('pong', () => listener.ponged());
    socket.on('unexpected-response', (request, response) => {
      const status = response.statusCode ?? 0;
      request.destroy();
      ended({
        detail: `the upgrade was answered ${status}`,
        status,
        retryAfter: retryOf(response),
      });
    });
    socket.on('error', (error) => ended({ detail: error.message }));
    socket.on('close', (code, reason) => ended({ detail: `closed ${code} ${reason.toString()}` }));
    return {
      send: (text) => socket.send(text),
      ping: () => socket.ping(),
      pong: (payload) => socket.pong(payload),
      end() {
        isOver = true;
        socket.terminate();
      },
    };
  }

  ask({ url, body, timeoutMs }: WireRequest, done: (answer: WireAnswer) => void): Cancel {
    const target = new URL(url);
    let isOver = false;
    const finish = (answer: WireAnswer): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      done(answer);
    };
    const request = (target.protocol === 'https:' ? secureRequest : plainRequest)(target, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        Accept: 'application/json',
        'User-Agent': 'tapedeck',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...this.#through(target),
    });
    // Limits the whole answer, so that one that trickles in also times out.
    const timer = setTimeout(() => {
      finish({ status: 0, text: `no answer within ${timeoutMs} ms` });
      request.destroy();
    }, timeoutMs);
    request.on('error', (error) => finish({ status: 0, text: error.message }));
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) request.destroy(new Error(`an answer of over ${MAX_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', (error) => finish({ status: 0, text: error.message }));
      response.on('end', () => {
        const { statusCode: status = 0 } = response;
        const text = Buffer.concat(chunks).toString('utf8');
        finish({ status, text, retryAfter: retryOf(response) } as WireAnswer);
      });
    });
    request.end(body);
    return () => {
      isOver = true;
      clearTimeout(timer);
      request.destroy();
    };
  }

  #through(url: URL): Through {
    const proxy = this.#proxy;
    if (proxy === undefined) return {};
    // Without an agent, so that Node uses this `createConnection`.
    return {
      createConnection: (_, connected) => {
        openTunnel(proxy, targetOf(url), (error, socket) =>
          connected(error, socket ?? new Socket()),
        );
        return undefined;
      },
    };
  }
}

function retryOf({ headers }: IncomingMessage): string | undefined {
  return headers['retry-after'];
}
