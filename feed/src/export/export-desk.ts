/*
 * Downloads of sessions. Each is made in a thread of its own and sent as fast as its reader takes it. Whatever ends a
 * download (the end, an error, a reader that went away or fell asleep, the feed's own end) ends the thread and removes
 * what it had written.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import type { Cancel, Clock } from '@tapedeck/market/time/clock';
import type { ExportFormat } from '@tapedeck/market/wire/http';

import type { ExportSettings, FromExport, ToExport } from './export-message.ts';

/** Exports at once: each is a thread that would gladly take a core. */
const MAX_EXPORTS = 2;
/** A thread holds a segment and a page of trades of each market; without a bound it would let garbage lie for long. */
const MEMORY = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 };
/** A reader that takes nothing for so long is gone, whatever its socket says. */
const IDLE_MS = 60_000;

/** Why a download was not begun; `busy` may be tried again. */
export type ExportRefusal = {
  readonly refused: 'busy' | 'failed' | 'memory';
  readonly message: string;
};
/** One that has begun: its first bytes are there. */
export type ExportDownload = { readonly body: ReadableStream<Uint8Array> };

export class ExportDesk {
  readonly #path: string;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #jobs = new Set<ExportJob>();

  /** Removes what the exports of a killed feed have left behind. */
  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#folder = `${path}.exports`;
    this.#clock = clock;
    if (path !== ':memory:') rmSync(this.#folder, { recursive: true, force: true });
  }

  /** How many run. */
  get count(): number {
    return this.#jobs.size;
  }

  /** Begins a download; resolves when there is something to send. */
  async open(
    session: string,
    format: ExportFormat,
    gone: AbortSignal,
  ): Promise<ExportDownload | ExportRefusal> {
    if (this.#path === ':memory:')
      return { refused: 'memory', message: 'export: the history is in memory only (TAPEDECK_DB)' };
    if (this.#jobs.size >= MAX_EXPORTS)
      return { refused: 'busy', message: `export: ${MAX_EXPORTS} exports are running` };
    mkdirSync(this.#folder, { recursive: true });
    const folder = mkdtempSync(join(this.#folder, 'export-'));
    const job = new ExportJob({ path: this.#path, session, format, folder }, this.#clock, () =>
      this.#jobs.delete(job),
    );
    this.#jobs.add(job);
    gone.addEventListener('abort', () => job.end(), { once: true });
    const first = await job.next();
    if (first.type === 'failed') {
      job.end();
      return { refused: 'failed', message: `export: ${first.message}` };
    }
    return { body: bodyOf(job, first) };
  }

  /** Ends all downloads. */
  close(): void {
    for (const job of [...this.#jobs]) job.end();
    if (this.#path !== ':memory:') rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** One thread and its temporary folder. */
class ExportJob {
  readonly #worker: Worker;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  #resolve: ((message: FromExport) => void) | undefined;
  /** How it ended, said while nobody was asking: a reader that takes its time asks later. */
  #unasked: FromExport | undefined;
  #idle: Cancel | undefined;
  #ended = false;

  constructor(settings: ExportSettings, clock: Clock, onEnd: () => void) {
    this.#folder = settings.folder;
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.#worker = new Worker(new URL('./export-worker.ts', import.meta.url), {
      workerData: settings,
      name: 'export',
      resourceLimits: MEMORY,
    });
    this.#worker.on('message', (message: FromExport) => this.#answer(message));
    this.#worker.on('error', (error) =>
      this.#fail(error instanceof Error ? error.message : String(error)),
    );
    this.#worker.on('exit', () => this.#fail('it was ended'));
  }

  /** The next message of the thread, asked for now. */
  next(): Promise<FromExport> {
    this.#idle?.();
    if (this.#unasked !== undefined) return Promise.resolve(this.#unasked);
    if (this.#ended) return Promise.resolve(failure('it was ended'));
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#worker.postMessage('pull' satisfies ToExport);
    });
  }

  /** The reader has enough for now; it must come back in time. */
  rest(): void {
    this.#idle?.();
    this.#idle = this.#clock.after(IDLE_MS, () => this.end());
  }

  /** Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#idle?.();
    this.#fail('it was ended');
    void this.#worker.terminate().then(() => {
      rmSync(this.#folder, { recursive: true, force: true });
      this.#onEnd();
    });
  }

  #answer(message: FromExport): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    if (resolve === undefined) this.#unasked ??= message;
    else resolve(message);
  }

  #fail(message: string): void {
    this.#answer(failure(message));
  }
}

function failure(message: string): FromExport {
  return { type: 'failed', message, temporary: false };
}

function bodyOf(job: ExportJob, first: FromExport): ReadableStream<Uint8Array> {
  let head: FromExport | undefined = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const message = head ?? (await job.next());
        head = undefined;
        switch (message.type) {
          case 'chunk':
            controller.enqueue(message.bytes);
            job.rest();
            return;
          case 'end':
            controller.close();
            break;
          // The connection breaks off: a cut file must not look whole.
          case 'failed':
            controller.error(new Error(message.message));
        }
        job.end();
      },
      cancel: () => job.end(),
    },
    { highWaterMark: 1 },
  );
}
