import type { Gap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';

/** Share of `from..to` without gaps, averaged over the symbols: 1 is complete, 0 is empty (H5). */
export function coverageOf(
  symbols: readonly string[],
  gaps: readonly Gap[],
  from: EpochMs,
  to: EpochMs,
): number {
  const length = to - from;
  if (length <= 0 || symbols.length === 0 || gaps.length === 0) return 1;
  let missing = 0;
  for (const symbol of symbols) {
    let reached = from;
    const own = gaps.filter((gap) => gap.symbol === symbol).toSorted((a, b) => a.from - b.from);
    for (const gap of own) {
      // Gaps may overlap, and a restart gap precedes the session: count missing time only once.
      const start = Math.max(gap.from, reached);
      const end = Math.min(gap.to, to);
      if (end > start) {
        missing += end - start;
        reached = end;
      }
    }
  }
  return 1 - missing / (length * symbols.length);
}
