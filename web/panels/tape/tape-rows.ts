import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { Aggressor, EpochMs } from '@tapedeck/market/number/level';

import { parseUnits } from '../../format/market-text.ts';
import type { TapeView } from '../../live/live.ts';

/** A print, or several from one aggressor at the same time and price. */
export type TapePrint = {
  readonly sequence: number;
  readonly eventTime: EpochMs;
  readonly priceTicks: number;
  readonly sizeLots: number;
  readonly aggressor: Aggressor;
  readonly count: number;
};

type Row = Omit<TapePrint, 'count'>;

/**
 * A line of the tape: a print in the steps it was traded in, the place where the market changed its steps, or a place
 * where trades are missing.
 */
export type TapeLine =
  | {
      readonly print: TapePrint;
      readonly instrument: Instrument;
      readonly isBefore: boolean;
      /** From the history, possibly of an earlier life of the feed, whose numbers may have been used again. */
      readonly isEarlier?: true;
    }
  | { readonly steps: string }
  | TapeBreak;

/** Between two trades, the newer one first, nothing is known of a time. */
type TapeBreak = { readonly from: EpochMs; readonly to: EpochMs };
/** A gap in the recording. A tape breaks off only where the feed stopped: other gaps are those of a book. */
export type TapeGap = TapeBreak & { readonly reason?: string | undefined };

/** What is shown of a tape; `least` is in units of the base currency. */
export type TapeChoice = { readonly merge: boolean; readonly least: string };

/** The tape as shown, newest first, without prints below `least`. */
export function tapeLines(view: TapeView, { merge, least }: TapeChoice): readonly TapeLine[] {
  const linesOf = (rows: readonly Row[], instrument: Instrument, isBefore: boolean): TapeLine[] => {
    const leastLots = lotsOf(least, instrument);
    return mergePrints(rows, merge)
      .filter((print) => print.sizeLots >= leastLots)
      .map((print) => ({ print, instrument, isBefore }));
  };
  const lines = linesOf(view.rows, view.instrument, false);
  const { before } = view;
  if (before === undefined) return lines;
  const steps = stepsText(before.instrument, view.instrument);
  return [...lines, { steps }, ...linesOf(before.rows, before.instrument, true)];
}

/**
 * The lines below the tape: trades of the history, newest first. A line is between two of which the older one was not
 * the last before the newer one, or may not have been: numbers are missing, or the feed was down.
 */
export function earlierLines(
  view: TapeView,
  { rows, gaps }: { readonly rows: TapeView['rows']; readonly gaps: readonly TapeGap[] },
  { merge, least }: TapeChoice,
): readonly TapeLine[] {
  const { instrument } = view;
  const leastLots = lotsOf(least, instrument);
  const stops = gaps.filter(({ reason }) => reason === 'restart');
  const lines: TapeLine[] = [];
  let newer = view.rows.at(-1);
  let from = 0;
  const add = (to: number): void => {
    for (const print of mergePrints(rows.slice(from, to), merge))
      if (print.sizeLots >= leastLots)
        lines.push({ print, instrument, isBefore: false, isEarlier: true });
    from = to;
  };
  for (const [i, row] of rows.entries()) {
    const gap = newer === undefined ? undefined : breakBetween(row, newer, stops);
    if (gap !== undefined) {
      add(i);
      lines.push(gap);
    }
    newer = row;
  }
  add(rows.length);
  return lines;
}

function breakBetween(older: Row, newer: Row, stops: readonly TapeGap[]): TapeBreak | undefined {
  const [from, to] = [older.eventTime, newer.eventTime];
  const stop = stops.find((each) => each.from < to && each.to > from);
  if (stop !== undefined) return { from: Math.max(from, stop.from), to: Math.min(to, stop.to) };
  return newer.sequence === older.sequence + 1 ? undefined : { from, to };
}

function lotsOf(least: string, { lotSize }: Instrument): number {
  const parsed = least.trim() === '' ? { units: 0 } : parseUnits(least, lotSize);
  return 'units' in parsed ? parsed.units : 0;
}

/** `tick size 0.01 → 0.05`: old and new size, only for those that changed. */
function stepsText(old: Instrument, now: Instrument): string {
  const tick = `tick size ${old.tickSize} \u2192 ${now.tickSize}`;
  const lot = `lot size ${old.lotSize} \u2192 ${now.lotSize}`;
  if (old.tickSize === now.tickSize) return lot;
  return old.lotSize === now.lotSize ? tick : `${tick}, ${lot}`;
}

/**
 * Merges neighbours of the same time, side and price (newest first). Different prices stay apart: a merged row shows
 * a price that was traded, never an average.
 */
export function mergePrints(rows: readonly Row[], merge: boolean): readonly TapePrint[] {
  const prints: TapePrint[] = [];
  for (const row of rows) {
    const last = prints.at(-1);
    if (
      merge &&
      last !== undefined &&
      last.eventTime === row.eventTime &&
      last.aggressor === row.aggressor &&
      last.priceTicks === row.priceTicks
    ) {
      prints[prints.length - 1] = {
        ...last,
        sizeLots: last.sizeLots + row.sizeLots,
        count: last.count + 1,
      };
    } else {
      prints.push({ ...row, count: 1 });
    }
  }
  return prints;
}

/** Sizes from which a print is noticeable, large and very large: the 75th, 95th and 99th percentile. */
export type SizeTiers = readonly [number, number, number];

export function sizeTiers(rows: readonly { readonly sizeLots: number }[]): SizeTiers {
  const sizes = rows.map((row) => row.sizeLots).toSorted((a, b) => a - b);
  const at = (share: number) => sizes[Math.floor((sizes.length - 1) * share)] ?? Infinity;
  return [at(0.75), at(0.95), at(0.99)];
}

/** 0 for an ordinary print, up to 3. */
export function tierOf(sizeLots: number, tiers: SizeTiers): 0 | 1 | 2 | 3 {
  if (sizeLots > tiers[2]) return 3;
  if (sizeLots > tiers[1]) return 2;
  return sizeLots > tiers[0] ? 1 : 0;
}
