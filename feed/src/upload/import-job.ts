import { type ChildProcess, fork } from 'node:child_process';
import { rmSync } from 'node:fs';

import type { EpochMs } from '@tapedeck/market/number/level';
import type { Cancel, Clock, MonotonicMs } from '@tapedeck/market/time/clock';
import { boundedMessage } from '@tapedeck/market/wire/codec/codec';
import type { ImportBody, ImportState } from '@tapedeck/market/wire/import';

import type { ImportResult } from '../import/session/import-result.ts';
import type { ImportProgress } from '../import/session/recording-import.ts';
import { withoutFolderOf } from '../machine/server-folder.ts';
import type { FromImport, ImportChoices, ToImport } from './import-message.ts';
import type { UploadedFile } from './uploaded-files.ts';

/** Time for an import to delete its partial session; then it is killed, and the session deleted later. */
const CANCEL_MS = 5_000;

/** Starts the process of an import. */
export function forkImport(): ChildProcess {
  return fork(new URL('./import-process.ts', import.meta.url), [], {
    // None of the parent's flags: the inspector's port, for one, is taken.
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}

/** A process that could not be started has no channel, and then no `send` either. */
export function tell(child: ChildProcess, message: ToImport): void {
  if (child.connected) child.send(message);
}

export type ImportJobOptions = {
  readonly id: string;
  readonly history: string;
  readonly folder: string;
  readonly clock: Clock;
  /** Whether a session is in the history that the feed has open now. */
  readonly isKept: (session: string) => boolean;
  /** Called when it has ended and its folder is deleted; `killed` if its partial session may remain. */
  readonly onEnd: (job: ImportJob, killed: boolean) => void;
};

/**
 * One import, from its first byte to its sessions:
 *
 *   uploading ─▶ importing ─▶ done | failed         cancelled: from either of the first two
 */
export class ImportJob {
  readonly id: string;
  readonly upload = new AbortController();
  readonly #options: ImportJobOptions;
  readonly #startedAt: EpochMs;
  #state: ImportState = 'uploading';
  #files: readonly UploadedFile[] = [];
  #expectedBytes: number;
  #progress: ImportProgress = { bytes: 0, totalBytes: 0, events: 0, symbol: '' };
  readonly #begunAt: MonotonicMs;
  #runSince: MonotonicMs;
  #endedAt: MonotonicMs | undefined;
  #sessions: readonly ImportResult[] = [];
  #error: string | undefined;
  #child: ChildProcess | undefined;
  #kill: Cancel | undefined;

  constructor(options: ImportJobOptions, expectedBytes: number) {
    this.id = options.id;
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#begunAt = options.clock.monotonic();
    this.#runSince = this.#begunAt;
    this.#expectedBytes = expectedBytes;
  }

  get state(): ImportState {
    return this.#state;
  }
  get folder(): string {
    return this.#options.folder;
  }
  get running(): boolean {
    return this.#state === 'uploading' || this.#state === 'importing';
  }
  get sessions(): readonly ImportResult[] {
    return this.#sessions;
  }

  received(bytes: number): void {
    this.#expectedBytes = Math.max(this.#expectedBytes, bytes);
    this.#progress = { bytes, totalBytes: this.#expectedBytes, events: 0, symbol: '' };
  }

  /** Called when all files have arrived. */
  start(files: readonly UploadedFile[], choices: ImportChoices): void {
    if (this.#state !== 'uploading') return;
    this.#files = files;
    this.#state = 'importing';
    this.#runSince = this.#options.clock.monotonic();
    const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#progress = { bytes: 0, totalBytes, events: 0, symbol: '' };
    const child = forkImport();
    this.#child = child;
    let outcome: FromImport | undefined;
    child.on('message', (message: FromImport) => {
      if (message.type === 'progress') this.#progress = message.progress;
      else outcome = message;
    });
    child.once('error', (error) => {
      outcome ??= { type: 'failed', message: error.message };
      // A process that never started (no descriptor, no memory) has no exit event.
      if (child.pid === undefined) this.#finish(outcome, false);
    });
    child.once('exit', (code, signal) => {
      const how = signal ?? `with status ${code}`;
      this.#finish(
        outcome ?? { type: 'failed', message: `the import ended ${how}` },
        outcome === undefined,
      );
    });
    const { history } = this.#options;
    const paths = files.map(({ path }) => path);
    tell(child, { type: 'start', path: history, files: paths, choices });
  }

  /** The upload was cut off, refused or cancelled, and nothing writes to the folder any more. */
  fail(message: string): void {
    this.#finish({ type: 'failed', message }, false);
    this.#removeFiles();
  }

  cancel(): void {
    if (this.#state === 'uploading') {
      this.upload.abort(new Error('cancelled'));
      this.#finish({ type: 'failed', message: 'cancelled' }, false, 'cancelled');
      return;
    }
    if (this.#child === undefined || this.#state !== 'importing' || this.#kill !== undefined)
      return;
    const child = this.#child;
    tell(child, { type: 'cancel' });
    this.#kill = this.#options.clock.after(CANCEL_MS, () => void child.kill('SIGKILL'));
  }

  /** Without waiting for anything. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  describe(): ImportBody {
    const { bytes, totalBytes, events, symbol } = this.#progress;
    const now = this.#endedAt ?? this.#options.clock.monotonic();
    const seconds = Math.max(1, now - this.#runSince) / 1_000;
    const bytesPerSecond = Math.round(bytes / seconds);
    const left = Math.max(0, totalBytes - bytes);
    const eta = this.running && bytesPerSecond > 0 ? Math.ceil(left / bytesPerSecond) : undefined;
    return {
      id: this.id,
      state: this.#state,
      files: this.#files.map(({ name, bytes: size }) => ({ name, bytes: size })),
      bytes,
      totalBytes,
      events,
      symbol,
      startedAt: this.#startedAt,
      elapsedMs: Math.round(now - this.#begunAt),
      bytesPerSecond,
      eventsPerSecond: Math.round(events / seconds),
      ...(eta === undefined ? {} : { etaSeconds: eta }),
      sessions: this.#sessions.map((each) => ({
        ...each,
        messages: { ...each.messages },
        problems: each.problems.map((problem) => ({ ...problem })),
        problemCounts: { ...each.problemCounts },
      })),
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
  }

  /** For clients: files by the names their sender gave them. */
  #said(message: string): string {
    const { folder, history } = this.#options;
    const text = withoutFolderOf(history, message.replaceAll(`${folder}/`, ''));
    return boundedMessage(text);
  }

  /** The process reports on the file that it has open, which may since have been removed or replaced. */
  #held(done: Extract<FromImport, { type: 'done' }>): FromImport {
    const lost = done.sessions.find(({ session }) => !this.#options.isKept(session));
    if (lost === undefined) return done;
    return {
      type: 'failed',
      message: `the history was removed or replaced during the import, and session ${lost.session} with it; import it again`,
    };
  }

  #finish(told: FromImport, killed: boolean, state?: ImportState): void {
    if (!this.running) return;
    const wasUploading = this.#state === 'uploading';
    const outcome = told.type === 'done' ? this.#held(told) : told;
    const isCancelled = this.#kill !== undefined;
    this.#kill?.();
    this.#child = undefined;
    this.#endedAt = this.#options.clock.monotonic();
    if (outcome.type === 'done') {
      this.#state = 'done';
      this.#sessions = outcome.sessions;
      const reached = outcome.progress ?? this.#progress;
      this.#progress = { ...reached, bytes: reached.totalBytes };
    } else {
      this.#state = state ?? (isCancelled ? 'cancelled' : 'failed');
      if (outcome.type === 'failed' && this.#state === 'failed')
        this.#error = this.#said(outcome.message);
    }
    // A cancelled upload still has files open, and may be creating one: `fail` follows once it has not.
    if (!wasUploading) this.#removeFiles();
    this.#options.onEnd(this, killed);
  }

  #removeFiles(): void {
    rmSync(this.#options.folder, { recursive: true, force: true });
  }
}
