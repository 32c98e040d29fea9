import { percentileOf } from '@tapedeck/market/number/percentile';

/** Milliseconds at three percentiles. */
export type Percentiles = { readonly p50: number; readonly p95: number; readonly p99: number };

/** Nearest-rank percentiles of samples in any order; null if there are none. */
export function percentilesOf(samples: readonly number[]): Percentiles | null {
  if (samples.length === 0) return null;
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number => percentileOf(sorted, share) ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
