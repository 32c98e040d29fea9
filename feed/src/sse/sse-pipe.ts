/*
 * The one writer of a server-sent stream. What the reader does not take waits in a bounded queue. Each write is
 * awaited, and one that hangs ends the stream: unawaited writes to a stalled reader would use memory without bound.
 */
import type { Clock } from '@tapedeck/market/time/clock';

/** The other side as the pipe needs it; Hono's streaming API is one. */
interface SseWriter {
  /** Resolves when the bytes were taken, or never will be. */
  write(bytes: Uint8Array): Promise<unknown>;
  /** Ends the response at once; a write in progress resolves. */
  destroy(): void;
}

export type SsePipeOptions = {
  readonly clock: Clock;
  readonly writer: SseWriter;
  /** Bytes written after a longer silence, so that the reader and every hop between see that the stream is alive. */
  readonly keepAlive?: { readonly afterMs: number; readonly bytes: Buffer };
};

const WRITE_TIMEOUT_MS = 10_000;
/** Size of one write: a slow reader that still takes this much within the timeout is alive. */
const WRITE_BYTES = 64 * 1_024;
/** What fills the pipe keeps it well below; only a bug there could reach this. */
const MAX_QUEUED_BYTES = 8 * 1_024 * 1_024;

export class SsePipe {
  readonly #options: SsePipeOptions;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #writingBytes = 0;
  #isFinishing = false;
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(options: SsePipeOptions) {
    this.#options = options;
  }

  /** Bytes that the reader has not taken. */
  get bufferedBytes(): number {
    return this.#queuedBytes + this.#writingBytes;
  }

  /** Events waiting to be written. */
  get queued(): number {
    return this.#queue.length;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Queues the bytes of one event; nothing once the pipe is finishing. */
  send(bytes: Buffer): void {
    if (this.#isEnded || this.#isFinishing) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.destroy();
    this.#wake?.();
  }

  /** Drops what is waiting to be written. */
  clear(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  /** Ends the stream once the queue is written. */
  finish(): void {
    this.#isFinishing = true;
    this.#wake?.();
  }

  /** Ends the stream at once. */
  destroy(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.clear();
    this.#options.writer.destroy();
    this.#wake?.();
  }

  /** Writes what is queued until the stream ends; resolves then. */
  async run(): Promise<void> {
    while (!this.#isEnded) {
      const bytes = this.#take();
      if (bytes !== undefined) await this.#write(bytes);
      else if (this.#isFinishing) break;
      else await this.#wait();
    }
    this.#isEnded = true;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const { clock, writer } = this.#options;
    this.#writingBytes = bytes.length;
    const cancel = clock.after(WRITE_TIMEOUT_MS, () => this.destroy());
    await writer.write(bytes);
    cancel();
    this.#writingBytes = 0;
  }

  /** Waits until there is something to write; after a long wait, a keep-alive. */
  async #wait(): Promise<void> {
    const { clock, keepAlive } = this.#options;
    const cancel = keepAlive && clock.after(keepAlive.afterMs, () => this.send(keepAlive.bytes));
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
    cancel?.();
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
