import type { MarketState } from '@tapedeck/market/instrument/instrument';
import type { EpochMs } from '@tapedeck/market/number/level';

import type { DataState } from '../../live/live.ts';

/**
 * A period without data, hatched so that a gap never looks like a calm market; or, by its `state`, one in which the
 * market was halted (filled) or only crossed (a line at the bottom).
 */
export type ChartGap = {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly reason: string;
  readonly state?: MarketState | undefined;
  /** It has not ended: `to` is the market's present, beyond the newest candle. */
  readonly isOpen?: true;
};

/**
 * The gap that goes on now, by the panel's own state: from the newest data to the present, both by the market's
 * clock; undefined if there is none.
 */
export function openGap(state: DataState, newest: EpochMs | undefined): ChartGap | undefined {
  if ((state.kind !== 'stale' && state.kind !== 'disconnected') || newest === undefined)
    return undefined;
  const reason =
    state.kind === 'stale' ? 'this market is not up to date' : 'the page has no link to the feed';
  return { from: newest, to: newest + state.ageMs, reason, isOpen: true };
}

/** The recorded gaps and the one that goes on now: as one, with the recorded reason, where they are the same. */
export function withOpenGap(
  recorded: readonly ChartGap[],
  open: ChartGap | undefined,
): readonly ChartGap[] {
  if (open === undefined) return recorded;
  const isSame = (gap: ChartGap) =>
    gap.from <= open.to && gap.to > open.from && gap.state !== 'ok' && gap.state !== 'halted';
  const same = recorded.filter(isSame);
  const [first] = same;
  const joined =
    first === undefined
      ? open
      : { ...open, from: Math.min(first.from, open.from), reason: first.reason };
  return [...recorded.filter((gap) => !isSame(gap)), joined];
}
