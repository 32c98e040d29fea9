import type { HistoryErrorKind } from '@tapedeck/db/database/history-error';
import type { RetentionLimits } from '@tapedeck/db/recording/retention';
import type { BookSnapshot } from '@tapedeck/market/book/book-delta';
import type { SessionSource } from '@tapedeck/market/instrument/session';
import type { Clock } from '@tapedeck/market/time/clock';

/** Why a commit failed. */
export type WriteProblem = { readonly kind: HistoryErrorKind; readonly message: string };

/** How a recorder is made. */
export type RecorderOptions = {
  /** The history file; `:memory:` records nothing, because a worker could not share it. */
  readonly path: string;
  readonly mode: 'off' | '100ms' | 'raw';
  /** Markets of which each change is recorded by itself, whatever the mode: a venue's own cadence is slow enough. */
  readonly isExact?: ((symbol: string) => boolean) | undefined;
  readonly clock: Clock;
  readonly source: SessionSource;
  /** Origin of the session: seed, scenario and model version, or venues. */
  readonly origin: Readonly<Record<string, unknown>>;
  readonly label?: string | undefined;
  /** No session before there is a market or a headline: the feed may never get any. */
  readonly waits?: boolean | undefined;
  readonly migrationsFolder?: string | undefined;
  /** How much is kept (H4); undefined keeps everything. */
  readonly retention?: RetentionLimits | undefined;
  /** The engine's current full book, to restart from after a loss; undefined while it has none. */
  readonly bookOf: (symbol: string) => BookSnapshot | undefined;
  /** Numbers (8 bytes each) that may be posted and not yet committed. */
  readonly maxQueuedValues?: number | undefined;
  /** Called when a session has begun, also again after a restart of the worker. */
  readonly onSession?: ((session: string) => void) | undefined;
  /**
   * Called once per trouble, and with `undefined` when it is over; `lost` counts the deltas and trades not recorded
   * since the previous trouble ended: a queue may overflow before the worker knows what is wrong.
   */
  readonly onTrouble?: ((message: string | undefined, lost: number) => void) | undefined;
  /** Called each time that a write fails, and with `undefined` when one succeeds. */
  readonly onWrite?: ((problem: WriteProblem | undefined) => void) | undefined;
  /** Called when old data could not be deleted (H4); recording continues. */
  readonly onKept?: ((problem: WriteProblem) => void) | undefined;
};
