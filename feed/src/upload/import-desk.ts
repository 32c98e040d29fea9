/*
 * Imports that come through HTTP. The files wait in a folder beside the history, each import runs in a process of its
 * own, and whatever ends one, its files go. After a kill the next feed removes what was left.
 */
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { unlessUnreadable } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';
import { type Cancel, type Clock, later } from '@tapedeck/market/time/clock';

import { forkImport, ImportJob, tell } from './import-job.ts';
import type { UploadLimits } from './uploaded-files.ts';

/** Imports at once: each takes a core for as long as it lasts, and they wait for each other's transactions. */
export const MAX_IMPORTS = 2;
/** A week of a busy market; the disk is asked besides. */
const UPLOAD_LIMITS: UploadLimits = { bytes: 4 * 1024 ** 3, files: 200 };
/** Room that is left to the recorder. */
const SPARE_BYTES = 1024 ** 3;
/** Imports that are over and still can be asked about. */
const KEPT = 20;
const CLOSE_POLL_MS = 20;
/** A feed that is back at once finds the imports of a killed one still alive: it looks again, ever more rarely. */
const SWEEP_AGAIN_MS = 1_000;
const MAX_SWEEP_AGAIN_MS = 60_000;
/** A stop waits so long for imports to take their half sessions away; what is left the next feed sweeps up. */
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
    /** A session is there that was not there before. */
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

  /** A new import that waits for its files in its folder, or why there is none. */
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

  /** Cancels all that run; resolves when their processes are gone, which after two seconds are killed. */
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

  /** A half session may be that of an import which is still ending, or of a command line that goes on for an hour. */
  #sweepWhileHalf(againMs: number): void {
    if (this.#closed || !unlessUnreadable(() => this.#hasHalfSessions, false)) return;
    this.#sweep();
    this.#cancelSweep = this.#clock.after(againMs, () =>
      this.#sweepWhileHalf(Math.min(2 * againMs, MAX_SWEEP_AGAIN_MS)),
    );
  }

  /** Deleting a half session takes as long as writing it did: not here. */
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
