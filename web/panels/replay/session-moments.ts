import type { Gap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';

type Range = { readonly from: EpochMs; readonly to: EpochMs };
type Told = { readonly symbols: readonly string[]; readonly time: EpochMs };

/**
 * Gaps of one market within its session, oldest first, cut to its range. Gaps before the session, which explain its
 * start, are left out.
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

/** The gap at a moment, or within `reachMs` of it, the nearest first: a short one is narrower than a pointer. */
export function gapAt<T extends Range>(
  gaps: readonly T[],
  time: EpochMs,
  reachMs: number,
): T | undefined {
  const far = ({ from, to }: Range) => Math.max(0, from - time, time - to);
  return gaps.filter((gap) => far(gap) <= reachMs).toSorted((a, b) => far(a) - far(b))[0];
}

/** The first moment at which a gap is visible: at clock t, what has `eventTime < t` has happened (P28a). */
export function seenFrom(gap: Pick<Gap, 'from'>): EpochMs {
  return gap.from + 1;
}

/** How many of the periods, oldest first, have begun: a chart would draw later ones at its newest candle. */
export function begunBy(stretches: readonly Pick<Gap, 'from'>[], clock: EpochMs): number {
  const first = stretches.findIndex((each) => seenFrom(each) > clock);
  return first === -1 ? stretches.length : first;
}

/** Headlines that the symbol's panel shows during the session: a source may also send those of earlier days. */
export function headlinesOf<T extends Told>(
  { from, to, headlines }: Range & { readonly headlines: readonly T[] },
  symbol: string,
): readonly T[] {
  return headlines.filter(
    ({ symbols, time }) => symbols.includes(symbol) && time >= from && time <= to,
  );
}
