/*
 * Imports over HTTP. The files wait in a folder next to the history, each import runs in its own process, and its
 * files are deleted however it ends. After a kill the next feed deletes what is left.
 */
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { unlessUnreadable } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';
import { type Cancel, type Clock, later } from '@tapedeck/market/time/clock';

import { forkImport, ImportJob, tell } from './import-job.ts';
import type { UploadLimits } from './uploaded-files.ts';

/** Imports at once: each uses a core while it runs, and they wait for each other's transactions. */
export const MAX_IMPORTS = 2;
/** A week of a busy market; free disk space is checked as well. */
const UPLOAD_LIMITS: UploadLimits = { bytes: 4 * 1024 ** 3, files: 200 };
/** Space left for the recorder. */
const SPARE_BYTES = 1024 ** 3;
/** Finished imports whose status is kept. */
const KEPT = 20;
const CLOSE_POLL_MS = 20;
/**
 * A feed restarted at once may find imports of the killed one still running: it looks again, at growing intervals.
 */
const SWEEP_AGAIN_MS = 1_000;
const MAX_SWEEP_AGAIN_MS = 60_000;
/** How long a stop waits for imports to delete their partial sessions; the next feed deletes the rest. */
const CLOSE_MS = 2_000;

export type ImportRefusal = {
  readonly refused: 'busy' | 'memory' | 'room';
  readonly message: string;
};

export class ImportDesk {
  readonly limits: UploadLimits;
  readonly #history: History;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #isKept: (session: string) => boolean;
  readonly #onImported: (session: string) => void;
  readonly #jobs = new Map<string, ImportJob>();
  #closed = false;
  #cancelSweep: Cancel = () => undefined;

  constructor(options: {
    readonly history: History;
    readonly clock: Clock;
    readonly newId: () => string;
    readonly limits?: UploadLimits;
    /** Whether a session is in the history that the feed has open now. */
    readonly isKept: (session: string) => boolean;
    /** Called when an import has added a session. */
    readonly onImported: (session: string) => void;
  }) {
    this.#history = options.history;
    this.#clock = options.clock;
    this.#newId = options.newId;
    this.limits = options.limits ?? UPLOAD_LIMITS;
    this.#isKept = options.isKept;
    this.#onImported = options.onImported;
    this.#folder = `${options.history.path}.uploads`;
    if (this.#isInMemory) return;
    rmSync(this.#folder, { recursive: true, force: true });
    this.#sweepWhileHalf(SWEEP_AGAIN_MS);
  }

  get(id: string): ImportJob | undefined {
    return this.#jobs.get(id);
  }

  /** Newest first. */
  list(): readonly ImportJob[] {
    return [...this.#jobs.values()].toReversed();
  }

  /** A new import, waiting for files in its own folder, or why it is refused. */
  begin(expectedBytes: number): ImportJob | ImportRefusal {
    if (this.#isInMemory)
      return { refused: 'memory', message: 'import: the history is in memory only (TAPEDECK_DB)' };
    const running = this.list().filter((job) => job.running).length;
    if (running >= MAX_IMPORTS || this.#closed)
      return { refused: 'busy', message: `import: ${MAX_IMPORTS} imports are running` };
    const { bavail, bsize } = statfsSync(dirname(this.#history.path));
    const free = bavail * bsize;
    if (free < expectedBytes + SPARE_BYTES)
      return {
        refused: 'room',
        message: `import: ${expectedBytes} bytes do not fit, the disk has ${free} left`,
      };
    const id = this.#newId();
    const folder = join(this.#folder, id);
    mkdirSync(folder, { recursive: true });
    const job = new ImportJob(
      {
        id,
        history: this.#history.path,
        folder,
        clock: this.#clock,
        isKept: this.#isKept,
        onEnd: (ended, killed) => this.#ended(ended, killed),
      },
      expectedBytes,
    );
    this.#jobs.set(id, job);
    this.#forgetOld();
    return job;
  }

  /** Cancels all running imports; resolves when their processes have ended, which are killed after two seconds. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelSweep();
    for (const job of this.#jobs.values()) job.cancel();
    const deadline = later(this.#clock.monotonic(), CLOSE_MS);
    while (this.list().some((job) => job.running) && this.#clock.monotonic() < deadline) {
      await new Promise<void>((resolve) => {
        this.#clock.after(CLOSE_POLL_MS, resolve);
      });
    }
    for (const job of this.#jobs.values()) job.kill();
    if (!this.#isInMemory) rmSync(this.#folder, { recursive: true, force: true });
  }

  get #isInMemory(): boolean {
    return this.#history.path === ':memory:';
  }

  get #hasHalfSessions(): boolean {
    const half = "select 1 from session where state = 'importing' limit 1";
    return this.#history.connection.prepare(half).get() !== undefined;
  }

  #ended(job: ImportJob, killed: boolean): void {
    for (const { session, already } of job.sessions) if (!already) this.#onImported(session);
    if (killed && !this.#closed) this.#sweep();
  }

  /** A partial session may belong to an import that is still ending, or to a command that runs for another hour. */
  #sweepWhileHalf(againMs: number): void {
    if (this.#closed || !unlessUnreadable(() => this.#hasHalfSessions, false)) return;
    this.#sweep();
    this.#cancelSweep = this.#clock.after(againMs, () =>
      this.#sweepWhileHalf(Math.min(2 * againMs, MAX_SWEEP_AGAIN_MS)),
    );
  }

  /** In a process of its own: deleting a partial session takes as long as writing it did. */
  #sweep(): void {
    const child = forkImport();
    child.once('error', () => undefined);
    tell(child, { type: 'sweep', path: this.#history.path });
  }

  #forgetOld(): void {
    for (const [id, job] of this.#jobs) {
      if (this.#jobs.size <= KEPT) return;
      if (!job.running) this.#jobs.delete(id);
    }
  }
}
