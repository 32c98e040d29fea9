import { Worker } from 'node:worker_threads';

import type { FromRecorderWorker, ToRecorderWorker, WorkerSettings } from './recorder-message.ts';

/** What a thread reports to its recorder. */
export type ThreadListener = {
  readonly message: (message: FromRecorderWorker) => void;
  /** It ended without being asked to. Called once. */
  readonly died: (reason: string) => void;
};

/** The last commit may wait for a lock; after this a shutdown continues without it. */
const CLOSE_TIMEOUT_MS = 5_000;

/** The worker as the recorder sees it: posts go in, messages come out, an unexpected end is reported. */
export class RecorderThread {
  readonly #worker: Worker;
  #ended = false;
  #closing = false;

  constructor(settings: WorkerSettings, listener: ThreadListener) {
    this.#worker = new Worker(new URL('./recorder-worker.ts', import.meta.url), {
      workerData: settings,
      name: 'recorder',
    });
    let reason = 'it stopped';
    this.#worker.on('message', (message: FromRecorderWorker) => listener.message(message));
    this.#worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error);
    });
    this.#worker.on('exit', () => {
      this.#ended = true;
      if (!this.#closing) listener.died(reason);
    });
  }

  post(message: ToRecorderWorker & { readonly type: 'batch' }): void {
    this.#worker.postMessage(message, [message.values.buffer]);
  }

  /** Resolves when the last batch is committed and the thread has ended, or after five seconds. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#closing = true;
    const ended = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.postMessage({ type: 'close' } satisfies ToRecorderWorker);
    const timer = setTimeout(() => void this.#worker.terminate(), CLOSE_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
}
