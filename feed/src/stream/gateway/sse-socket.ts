import type { SsePipe } from '../../sse/sse-pipe.ts';
import type { Frame } from '../frame/frame.ts';
import type { Socket } from '../frame/socket.ts';

const DATA = Buffer.from('data: ');
const NEXT_DATA = '\ndata: ';
const END = Buffer.from('\n\n');

/**
 * A server-sent stream as the socket of a connection (P31): one event is one frame. Flow control judges what the
 * reader has not taken like the buffer of a WebSocket, and ends a connection above 4 MiB (P22).
 */
export class SseSocket implements Socket {
  readonly #pipe: SsePipe;

  constructor(pipe: SsePipe) {
    this.#pipe = pipe;
  }

  get bufferedAmount(): number {
    return this.#pipe.bufferedBytes;
  }

  send({ payload }: Frame): void {
    // Messages of a frame are joined by a newline, which in an event starts another line of data.
    const data = payload.includes(10)
      ? Buffer.from(payload.toString().replaceAll('\n', NEXT_DATA))
      : payload;
    this.#pipe.send(Buffer.concat([DATA, data, END]));
  }

  /** A stream has no close code: an event carries it, then the stream ends. */
  close(code: number, reason: string): void {
    this.#pipe.send(Buffer.from(`event: close\ndata: ${JSON.stringify({ code, reason })}\n\n`));
    this.#pipe.finish();
  }

  terminate(): void {
    this.#pipe.destroy();
  }
}
