/**
 * The change from `from` to `to` as a fraction of |from|. Dividing by the absolute value keeps the sign of the move
 * for negative prices, at which spreads and some futures trade. Undefined if `from` is 0.
 */
export function relativeChange(from: number, to: number): number | undefined {
  return from === 0 ? undefined : (to - from) / Math.abs(from);
}
