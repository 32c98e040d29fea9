import type { Gap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';

type Range = { readonly from: EpochMs; readonly to: EpochMs };
type Told = { readonly symbols: readonly string[]; readonly time: EpochMs };

/**
 * Holes of one market within its session, oldest first, cut to its range. What a session records of the time before it
 * (why it begins) is no part of it.
 */
export function gapsOf(
  { from, to, gaps }: Range & { readonly gaps: readonly Gap[] },
  symbol: string,
): readonly Gap[] {
  return gaps
    .filter((gap) => gap.symbol === symbol && gap.to > from && gap.from < to)
    .map((gap) => ({ ...gap, from: Math.max(from, gap.from), to: Math.min(to, gap.to) }))
    .toSorted((a, b) => a.from - b.from);
}

/** The first moment at which a hole is seen: at clock t what has `eventTime < t` has happened (P28a). */
export function seenFrom(gap: Pick<Gap, 'from'>): EpochMs {
  return gap.from + 1;
}

/** How many of the stretches, oldest first, have begun: a chart that drew the others would put them all at its newest candle. */
export function begunBy(stretches: readonly Pick<Gap, 'from'>[], clock: EpochMs): number {
  const first = stretches.findIndex((each) => seenFrom(each) > clock);
  return first === -1 ? stretches.length : first;
}

/** Headlines that the symbol's panel shows while its session is played: a source may tell those of days before, too. */
export function headlinesOf<T extends Told>(
  { from, to, headlines }: Range & { readonly headlines: readonly T[] },
  symbol: string,
): readonly T[] {
  return headlines.filter(
    ({ symbols, time }) => symbols.includes(symbol) && time >= from && time <= to,
  );
}
