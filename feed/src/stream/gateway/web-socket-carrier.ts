import type { Socket as TcpSocket } from 'node:net';

import type { WebSocket } from 'ws';

import type { Frame } from '../frame/frame.ts';
import type { Socket } from '../frame/socket.ts';

/**
 * A websocket that takes finished frames. They are the same bytes for many connections, so they go straight into the
 * TCP socket: one write without a copy, where ws would make a header and write twice for each of them. ws still does
 * all the rest, and writes its own frames (ping, pong, close) to the same socket at once, since nothing is compressed:
 * the order is that of the calls.
 */
export class WebSocketCarrier implements Socket {
  readonly #socket: WebSocket;
  readonly #tcp: TcpSocket;

  constructor(socket: WebSocket, tcp: TcpSocket) {
    this.#socket = socket;
    this.#tcp = tcp;
  }

  send({ wire }: Frame): void {
    // Nothing may follow a close frame, whichever side sent it (RFC 6455, 5.5.1).
    if (this.#socket.readyState === this.#socket.OPEN) this.#tcp.write(wire);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** ws itself keeps nothing back, since nothing is compressed. */
  get bufferedAmount(): number {
    return this.#tcp.writableLength;
  }
}
