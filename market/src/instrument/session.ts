import type { EpochMs } from '../number/level.ts';
import { STATE_REASONS } from './instrument.ts';

/**
 * Every reason that this feed writes for a gap: those of a market's state, and those that only a recording has. A
 * history may have others, from another version.
 */
export const GAP_REASONS = [
  ...STATE_REASONS,
  'damaged',
  'overflow',
  'trades-overflow',
  'trades-missing',
  'too-large',
] as const;
export type GapReason = (typeof GAP_REASONS)[number];

/** Where a session comes from. A simulated session is labelled as such wherever it is shown (H5). */
export type SessionSource = 'sim' | 'live' | 'import';

/**
 * A gap in a recording: data of `symbol` is missing between `from` and `to`. Hides the book at `from < t <= to`
 * (P28a).
 */
export type Gap = {
  readonly symbol: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly reason: string;
};

/** A gap as this feed writes it. */
export type WrittenGap = Gap & { readonly reason: GapReason };

/**
 * A recording of one run of the feed, or one import (H5). `from` and `to` are the first and last event times; `to`
 * grows while the session is being recorded (`open`). `coverage` is the share of `from..to` without gaps, 0..1.
 */
export type Session = {
  readonly id: string;
  readonly label: string;
  readonly source: SessionSource;
  readonly symbols: readonly string[];
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly open: boolean;
  readonly counts: SessionCounts;
  readonly coverage: number;
  readonly gaps: readonly Gap[];
  /** Its origin: `sim` {seed, scenario, modelVersion}, `import` {files, format, sha256}, `live` {venues}. */
  readonly origin: Readonly<Record<string, unknown>>;
};

/** Number of events of each kind in a session. `deltas` counts recorded book deltas. */
type SessionCounts = {
  readonly deltas: number;
  readonly trades: number;
  readonly headlines: number;
  readonly segments: number;
};
