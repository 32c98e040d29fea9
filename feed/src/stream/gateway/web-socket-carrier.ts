import type { Socket as TcpSocket } from 'node:net';

import type { WebSocket } from 'ws';

import type { Frame } from '../frame/frame.ts';
import type { Socket } from '../frame/socket.ts';

/**
 * A WebSocket that takes finished frames. Many connections share the same bytes, so they go straight into the TCP
 * socket: one write without a copy, where ws would build a header and write twice per connection. ws still does
 * everything else, and writes its own frames (ping, pong, close) to the same socket at once, because nothing is
 * compressed: frames stay in call order.
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

  /** ws itself buffers nothing, because nothing is compressed. */
  get bufferedAmount(): number {
    return this.#tcp.writableLength;
  }
}
