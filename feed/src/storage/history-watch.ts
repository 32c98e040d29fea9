/*
 * The history file while it is in use (P34a, H7). Once a second it checks whether the file is still the one that was
 * opened, and every SQLite error of any caller is reported here. What is wrong is a state of the feed:
 *
 *   removed, replaced ─▶ release it, open what is at the path (or create a file), record into another session
 *   damaged           ─▶ reported; if the recorder can no longer write, the file is set aside, then as above
 *   locked, full, ... ─▶ reported; over with the next commit, or when nothing was heard of it for a while
 *
 * The live market continues through all of it.
 */
import {
  asHistoryError,
  HistoryError,
  type HistoryErrorKind,
} from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';
import { type Cancel, type Clock, later, type MonotonicMs } from '@tapedeck/market/time/clock';
import type { HistoryState, StatusReport } from '@tapedeck/market/wire/http';

import { withoutFolderOf } from '../machine/server-folder.ts';
import type { WriteProblem } from '../recorder/recorder-options.ts';
import type { Recorder } from '../recorder/recorder.ts';
import { CauseLog } from './cause-log.ts';

export type HistoryReport = StatusReport['history'];

export type HistoryWatchOptions = {
  readonly history: History;
  readonly clock: Clock;
  /** Called once per trouble, and with `undefined` and the outcome when it is over. */
  readonly onChange: (trouble: string | undefined, outcome: string) => void;
  readonly log: (text: string) => void;
};

type Trouble = {
  readonly state: HistoryState;
  readonly message: string;
  readonly since: number;
  /** Found by checking: it is over when it is no longer seen, and nothing else reports it. */
  readonly isSeen: boolean;
};

const LOOK_MS = 1_000;
/** A passing trouble is over when nothing was heard of it for this long. */
const PASSED_MS = 5_000;
/**
 * Commits in a row that fail on damaged pages before the file is given up: one may have hit another reader's page.
 */
const GIVE_UP_AFTER = 3;

/** `undefined` is not a fault of the file: two imports of one recording, an unknown session. */
const STATES: Readonly<Record<HistoryErrorKind, HistoryState | undefined>> = {
  corrupt: 'damaged',
  'damaged-row': 'damaged',
  'disk-full': 'full',
  busy: 'locked',
  'read-only': 'read-only',
  io: 'failing',
  owned: 'owned',
  foreign: 'unusable',
  newer: 'unusable',
  missing: 'unusable',
  'bad-data': undefined,
  taken: undefined,
};
/** These end by themselves, not with another file. */
const PASSING: ReadonlySet<HistoryState> = new Set(['full', 'locked', 'failing', 'read-only']);

export class HistoryWatch {
  readonly #options: HistoryWatchOptions;
  readonly #isKept: boolean;
  readonly #causes: CauseLog;
  readonly #reopened: (() => void)[] = [];
  #recorder: Pick<Recorder, 'pause' | 'resume'> | undefined;
  readonly #cancel: Cancel;
  #trouble: Trouble | undefined;
  #heardAt: MonotonicMs;
  #errors = 0;
  #failedWrites = 0;
  #renewing = false;
  #closed = false;

  constructor(options: HistoryWatchOptions) {
    this.#options = options;
    const { clock, history, log } = options;
    this.#isKept = history.path !== ':memory:';
    this.#causes = new CauseLog(clock, log);
    this.#heardAt = clock.monotonic();
    this.#cancel = clock.every(LOOK_MS, () => this.look());
  }

  /** The recorder that writes to the file: it pauses while another one is opened. */
  guard(recorder: Pick<Recorder, 'pause' | 'resume'>): void {
    this.#recorder = recorder;
  }

  /** Another file is open, or the same one again: what is only in memory must be written to it. */
  onReopened(listener: () => void): void {
    this.#reopened.push(listener);
  }

  report(): HistoryReport {
    const { state, message, since } = this.#trouble ?? { state: 'ok', message: '', since: null };
    return { state, message: this.#said(message), since, errors: this.#errors };
  }

  /** True while committed data can be found again: checked before anything is confirmed as stored. */
  get holds(): boolean {
    if (!this.#isKept || this.#renewing) return false;
    try {
      return this.#options.history.standing.holds;
    } catch {
      return false;
    }
  }

  /** An error from SQLite, from any caller. */
  heard(problem: HistoryError | WriteProblem): void {
    const state = STATES[problem.kind];
    if (state === undefined || this.#closed) return;
    this.#errors++;
    this.#causes.tell(problem.message);
    // The file is being given up, or has a worse trouble: this is not news.
    if (this.#renewing || (this.#trouble !== undefined && !this.#isPassing)) return;
    this.#heardAt = this.#options.clock.monotonic();
    this.#set(state, problem.message, !PASSING.has(state));
  }

  /** The result of a commit of the recorder. */
  wrote(problem: WriteProblem | undefined): void {
    if (problem === undefined) {
      this.#failedWrites = 0;
      if (this.#isPassing && this.#trouble?.isSeen === false) this.#clear('');
      return;
    }
    this.heard(problem);
    if (problem.kind !== 'corrupt') return;
    this.#failedWrites++;
    if (this.#failedWrites >= GIVE_UP_AFTER) this.#giveUp(problem.message);
  }

  /** Once a second; tests call it themselves. */
  look(): void {
    if (!this.#isKept || this.#renewing || this.#closed) return;
    const { history } = this.#options;
    try {
      if (history.lock?.holds === false) this.#retakeLock();
      const fault = history.standing.fault();
      if (fault === undefined) {
        if (this.#isPassing && (this.#trouble?.isSeen === true || this.#isPast))
          this.#clear(`${history.path} can be written again`);
      } else if (fault.state === 'removed' || fault.state === 'replaced')
        void this.#renew(fault.state, fault.message);
      else if (fault.state === 'damaged') this.#giveUp(fault.message);
      else {
        this.#heardAt = this.#options.clock.monotonic();
        if (this.#trouble === undefined || this.#isPassing) {
          this.#causes.tell(fault.message);
          this.#set(fault.state, fault.message, true);
        }
      }
    } catch (error) {
      const problem = asHistoryError(error, `cannot check history ${history.path}`);
      // Opening is retried by trying; errors of statements were heard already.
      if (this.#isAway || problem.kind === 'owned')
        void this.#renew(STATES[problem.kind] ?? 'unusable', problem.message);
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  /** Nothing is open: the last attempt to open a file failed. */
  get #isAway(): boolean {
    try {
      return this.#options.history.connection === undefined;
    } catch {
      return true;
    }
  }

  get #isPassing(): boolean {
    return this.#trouble !== undefined && PASSING.has(this.#trouble.state);
  }

  get #isPast(): boolean {
    return this.#options.clock.monotonic() >= later(this.#heardAt, PASSED_MS);
  }

  /** The lock file was removed, which would let a second feed in. */
  #retakeLock(): void {
    const { history } = this.#options;
    history.lock?.retake();
    this.#causes.tell(`the lock of history ${history.path} was removed; it has been taken again`);
  }

  /** Nothing can be recorded there any more: the file is set aside with what can be read of it. */
  #giveUp(message: string): void {
    void this.#renew('damaged', message, new HistoryError('corrupt', message));
  }

  async #renew(state: HistoryState, message: string, damage?: HistoryError): Promise<void> {
    if (this.#renewing || this.#closed) return;
    this.#renewing = true;
    const { history } = this.#options;
    this.#causes.tell(message);
    this.#set(state, message, true);
    try {
      await this.#recorder?.pause(this.#said(message));
      history.reopen(damage);
      for (const listener of this.#reopened) listener();
      this.#failedWrites = 0;
      const aside = history.setAside === undefined ? '' : `, the old one is ${history.setAside}`;
      this.#clear(`${history.path} was opened again${aside}`);
      this.#recorder?.resume();
    } catch (error) {
      const problem = asHistoryError(error, `cannot open history ${history.path} again`);
      this.#causes.tell(problem.message);
      this.#set(STATES[problem.kind] ?? 'unusable', problem.message, true);
    } finally {
      this.#renewing = false;
    }
  }

  #set(state: HistoryState, message: string, isSeen: boolean): void {
    const before = this.#trouble;
    const isSame = before?.state === state && before.isSeen === isSeen;
    const since = isSame ? before.since : this.#options.clock.now();
    this.#trouble = { state, message, since, isSeen };
    if (!isSame && isSeen) this.#options.onChange(this.#said(message), '');
  }

  #clear(outcome: string): void {
    const trouble = this.#trouble;
    this.#trouble = undefined;
    // The recorder reports its own troubles.
    if (trouble?.isSeen !== true) return;
    this.#options.log(outcome);
    this.#options.onChange(undefined, this.#said(outcome));
  }

  /** For clients. The file's location on this machine is only for the log. */
  #said(message: string): string {
    return withoutFolderOf(this.#options.history.path, message);
  }
}
