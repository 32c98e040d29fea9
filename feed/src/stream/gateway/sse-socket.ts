/*
 * A server-sent stream as the socket of a connection (P31): one event is one frame. What the reader does not take
 * waits in a queue that flow control judges like the buffer of a WebSocket (P22). Each write is awaited, and one that
 * hangs ends the stream: unawaited writes to a stalled reader would use memory without bound.
 */
import type { Clock } from '@tapedeck/market/time/clock';

import type { Frame } from '../frame/frame.ts';
import type { Socket } from '../frame/socket.ts';

/** The other side as this socket needs it; Hono's streaming API is one. */
export interface SseWriter {
  /** Resolves when the text was taken, or never will be. */
  write(bytes: Uint8Array): Promise<unknown>;
  /** Ends it at once; a write in progress resolves. */
  destroy(): void;
}

const WRITE_TIMEOUT_MS = 10_000;
/** Size of one write: a slow reader that still takes this much within the timeout is alive. */
const WRITE_BYTES = 64 * 1_024;
/** Flow control ends a connection above 4 MiB (P22); only a flaw in it could reach twice that. */
const MAX_QUEUED_BYTES = 8 * 1_024 * 1_024;

const DATA = Buffer.from('data: ');
const NEXT_DATA = '\ndata: ';
const END = Buffer.from('\n\n');

export class SseSocket implements Socket {
  readonly #clock: Clock;
  readonly #writer: SseWriter;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #writingBytes = 0;
  #isClosing = false;
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock, writer: SseWriter) {
    this.#clock = clock;
    this.#writer = writer;
  }

  get bufferedAmount(): number {
    return this.#queuedBytes + this.#writingBytes;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  send({ payload }: Frame): void {
    // Messages of a frame are joined by a newline, which in an event starts another line of data.
    const data = payload.includes(10)
      ? Buffer.from(payload.toString().replaceAll('\n', NEXT_DATA))
      : payload;
    this.#enqueue(Buffer.concat([DATA, data, END]));
  }

  /** How soon a browser's own EventSource reconnects, ms. */
  retry(ms: number): void {
    this.#enqueue(Buffer.from(`retry: ${ms}\n\n`));
  }

  /** A stream has no close code: an event carries it, then the stream ends. */
  close(code: number, reason: string): void {
    this.#enqueue(Buffer.from(`event: close\ndata: ${JSON.stringify({ code, reason })}\n\n`));
    this.#isClosing = true;
    this.#wake?.();
  }

  terminate(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#writer.destroy();
    this.#wake?.();
  }

  /** Writes what is queued until the stream ends; resolves then. */
  async run(): Promise<void> {
    while (!this.#isEnded) {
      const bytes = this.#take();
      if (bytes === undefined) {
        if (this.#isClosing) break;
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      this.#writingBytes = bytes.length;
      const cancel = this.#clock.after(WRITE_TIMEOUT_MS, () => this.terminate());
      await this.#writer.write(bytes);
      cancel();
      this.#writingBytes = 0;
    }
    this.#isEnded = true;
  }

  #enqueue(bytes: Buffer): void {
    if (this.#isEnded || this.#isClosing) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.terminate();
    this.#wake?.();
  }

  #take(): Buffer | undefined {
    let count = 0;
    let size = 0;
    while (count < this.#queue.length && size < WRITE_BYTES)
      size += this.#queue[count++]?.length ?? 0;
    if (count === 0) return undefined;
    this.#queuedBytes -= size;
    return Buffer.concat(this.#queue.splice(0, count));
  }
}
