/*
 * Downloads of sessions. Each is made in a thread of its own and sent as fast as its reader takes it. However a
 * download ends (completion, an error, a reader that left or stalled, the feed's own stop), the thread ends and its
 * temporary files are deleted.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import type { Cancel, Clock } from '@tapedeck/market/time/clock';
import type { ExportFormat } from '@tapedeck/market/wire/http';

import type { ExportSettings, FromExport, ToExport } from './export-message.ts';

/** Exports at once: each is a thread that could use a whole core. */
const MAX_EXPORTS = 2;
/** A thread needs a segment and a page of trades per market; without a limit it would keep garbage for long. */
const MEMORY = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 8 };
/** A reader that takes nothing for this long is gone, whatever its socket says. */
const IDLE_MS = 60_000;

/** Why a download was refused; `busy` can be retried. */
export type ExportRefusal = {
  readonly refused: 'busy' | 'failed' | 'memory';
  readonly message: string;
};
/** A download that has begun: its first bytes are available. */
export type ExportDownload = { readonly body: ReadableStream<Uint8Array> };

export class ExportDesk {
  readonly #path: string;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #jobs = new Set<ExportJob>();

  /** Deletes what the exports of a killed feed have left behind. */
  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#folder = `${path}.exports`;
    this.#clock = clock;
    if (path !== ':memory:') rmSync(this.#folder, { recursive: true, force: true });
  }

  /** How many are running. */
  get count(): number {
    return this.#jobs.size;
  }

  /** Starts a download; resolves when there is something to send. */
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
  /** How it ended, if nobody was waiting: a slow reader asks later. */
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
    this.#worker.on('exit', () => this.#fail('it was stopped'));
  }

  /** Requests the thread's next message. */
  next(): Promise<FromExport> {
    this.#idle?.();
    if (this.#unasked !== undefined) return Promise.resolve(this.#unasked);
    if (this.#ended) return Promise.resolve(failure('it was stopped'));
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#worker.postMessage('pull' satisfies ToExport);
    });
  }

  /** The reader has enough for now; it must continue in time. */
  rest(): void {
    this.#idle?.();
    this.#idle = this.#clock.after(IDLE_MS, () => this.end());
  }

  /** Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#idle?.();
    this.#fail('it was stopped');
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
          // Breaks the connection: a cut file must not look complete.
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
