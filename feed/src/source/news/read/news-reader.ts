import { Worker } from 'node:worker_threads';

import type { Clock } from '@tapedeck/market/time/clock';

import type { FromReader, ToReader } from './read-message.ts';

const TIMEOUT_MS = 10_000;
const MEMORY = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 };

/**
 * Reads documents from outside in a thread each, one after the other: whatever is in them costs the feed no more than
 * that thread's memory and time.
 */
export class NewsReader {
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #end: (() => void) | undefined;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  read(asked: ToReader): Promise<FromReader> {
    const read = this.#last.then(() => this.#run(asked));
    this.#last = read;
    return read;
  }

  /** Ends what is being read; that and all that waits has a problem. */
  close(): void {
    this.#isClosed = true;
    this.#end?.();
  }

  #run(asked: ToReader): Promise<FromReader> {
    if (this.#isClosed) return Promise.resolve({ problem: 'the feed stops' });
    return new Promise((resolve) => {
      const worker = new Worker(new URL('./news-reader-worker.ts', import.meta.url), {
        workerData: asked,
        name: 'news-reader',
        resourceLimits: MEMORY,
      });
      let isOver = false;
      const done = (result: FromReader): void => {
        if (isOver) return;
        isOver = true;
        timer();
        this.#end = undefined;
        void worker.terminate();
        resolve(result);
      };
      this.#end = () => done({ problem: 'the feed stops' });
      const timer = this.#clock.after(TIMEOUT_MS, () =>
        done({ problem: `it could not be read within ${TIMEOUT_MS / 1_000} s` }),
      );
      worker.on('message', (result: FromReader) => done(result));
      worker.on('error', (error) =>
        done({ problem: `it could not be read (${error instanceof Error ? error.message : ''})` }),
      );
      worker.on('exit', () => done({ problem: 'it could not be read' }));
    });
  }
}
