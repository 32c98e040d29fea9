/**
 * How far `to` lies from `from`, as a fraction of the size of `from`: its sign is that of the move below zero, too, where
 * spreads and some futures trade. Undefined from zero, of which nothing is a fraction.
 */
export function relativeChange(from: number, to: number): number | undefined {
  return from === 0 ? undefined : (to - from) / Math.abs(from);
}
