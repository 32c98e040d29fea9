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

/** A line of the tape: a print in the steps it was traded in, or the place where the market changed its steps. */
export type TapeLine =
  | { readonly print: TapePrint; readonly instrument: Instrument; readonly isBefore: boolean }
  | { readonly steps: string };

/** The tape as shown, newest first, without prints below `least`, which is in units of the base currency. */
export function tapeLines(view: TapeView, merge: boolean, least: string): readonly TapeLine[] {
  const linesOf = (rows: readonly Row[], instrument: Instrument, isBefore: boolean): TapeLine[] => {
    const parsed = least.trim() === '' ? { units: 0 } : parseUnits(least, instrument.lotSize);
    const leastLots = 'units' in parsed ? parsed.units : 0;
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
