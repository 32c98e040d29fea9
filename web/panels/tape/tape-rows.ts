import type { Aggressor, EpochMs } from '@tapedeck/market/level';

/** A print, or several that one aggressor made at one moment and price. */
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

/** Sizes from which a print counts as noticeable, large and very large: the 75th, 95th and 99th percentile. */
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
