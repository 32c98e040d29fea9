/**
 * The nearest-rank percentile (`share` 0..1) of numbers in ascending order: the smallest that at least this share of
 * them does not exceed. Undefined without numbers.
 */
export function percentileOf(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
