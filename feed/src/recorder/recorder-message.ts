import type { HistoryErrorKind } from '@tapedeck/db/database/history-error';
import type { RetentionLimits } from '@tapedeck/db/recording/retention';
import type { NewSession } from '@tapedeck/db/session/session-store';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { WrittenGap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Candle } from '@tapedeck/market/tape/candle';
import type { LoggedEvent } from '@tapedeck/market/wire/event';

/** Start data of a recorder's worker. */
export type WorkerSettings = {
  readonly path: string;
  readonly migrationsFolder: string | undefined;
  readonly session: Omit<NewSession, 'now' | 'state'>;
  /** Undefined keeps everything. */
  readonly retention: RetentionLimits | undefined;
};

type Origin = Readonly<Record<string, unknown>>;

/** What is not a number; it takes effect before the numbers of its batch. */
export type Control =
  /** `market` is the number by which batches refer to the symbol. */
  | { readonly type: 'instrument'; readonly market: number; readonly instrument: Instrument }
  | {
      readonly type: 'candles';
      readonly symbol: string;
      readonly interval: '1s' | '1m';
      readonly candles: readonly Candle[];
    }
  | { readonly type: 'event'; readonly event: LoggedEvent }
  /** The origin of this session and those after it. */
  | { readonly type: 'origin'; readonly label: string; readonly origin: Origin }
  | { readonly type: 'gap'; readonly gap: WrittenGap; readonly breaksBook: boolean };

/** Recorder to worker. */
export type ToRecorderWorker =
  | {
      readonly type: 'batch';
      readonly id: number;
      readonly values: Float64Array<ArrayBuffer>;
      readonly controls: readonly Control[];
    }
  | { readonly type: 'close' };

/** Worker to recorder. */
export type FromRecorderWorker =
  | { readonly type: 'session'; readonly session: string; readonly setAside: string | undefined }
  /** All batches up to `id` are committed. */
  | { readonly type: 'written'; readonly id: number; readonly at: EpochMs }
  /** Nothing can be written now; the worker retries by itself. */
  | { readonly type: 'failed'; readonly kind: HistoryErrorKind; readonly message: string }
  /** Retention could not delete; it retries later, and recording continues. */
  | { readonly type: 'kept'; readonly kind: HistoryErrorKind; readonly message: string }
  /** The worker's chain of a symbol is broken: it needs a snapshot. */
  | { readonly type: 'broken'; readonly symbol: string }
  | { readonly type: 'closed' };
