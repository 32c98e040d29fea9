import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

import WebSocket from 'ws';

type Answer = { readonly id?: number; readonly method?: string } & Readonly<
  Record<string, unknown>
>;
type Usage = { readonly usedSize: number; readonly backingStorageSize?: number };

/**
 * The memory of the feed's process as its own inspector sees it. Usage between two collections is mostly garbage, and
 * a small heap is not collected for minutes: what is alive is known only after a collection.
 */
export class FeedHeap {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (result: unknown) => void>();
  #next = 1;
  #onChunk: (chunk: string) => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#take(JSON.parse(String(data as Buffer)) as Answer));
  }

  /** @param url the `ws://` address that the process printed when it began to listen. */
  static async open(url: string): Promise<FeedHeap> {
    const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 0 });
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return new FeedHeap(socket);
  }

  /** Bytes alive after a full collection: objects, and the buffers behind them. */
  async liveBytes(): Promise<number> {
    await this.#ask('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize = 0 } = (await this.#ask('Runtime.getHeapUsage')) as Usage;
    return usedSize + backingStorageSize;
  }

  /** Writes the live heap to a `.heapsnapshot` file. */
  async save(file: string): Promise<void> {
    const out = createWriteStream(file);
    this.#onChunk = (chunk) => out.write(chunk);
    await this.#ask('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
    this.#onChunk = () => {};
    out.end();
    await finished(out);
  }

  close(): void {
    this.#socket.terminate();
  }

  #ask(method: string, params: object = {}): Promise<unknown> {
    const id = this.#next++;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error(`the feed is gone: ${method}`));
      this.#socket.once('close', gone);
      this.#answers.set(id, (result) => {
        this.#socket.off('close', gone);
        resolve(result);
      });
    });
  }

  #take({ id, method, ...rest }: Answer): void {
    if (method === 'HeapProfiler.addHeapSnapshotChunk')
      this.#onChunk((rest['params'] as { readonly chunk: string }).chunk);
    if (id === undefined) return;
    this.#answers.get(id)?.(rest['result']);
    this.#answers.delete(id);
  }
}
