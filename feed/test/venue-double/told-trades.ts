/** Trades as texts; alike ones are told apart by the first few. */
const FIRST_TRADES = 6;

/**
 * Numbers of trades that were reported twice or never made, and that are missing. Those before the first report are
 * none of its business, unless they were requested and reported later; `isKnown` is false for trades that were
 * reported as missing in an unknown number.
 */
export function compareTrades(
  told: readonly string[],
  real: readonly string[],
  isKnown: (trade: string) => boolean,
): { readonly wrong: number; readonly missing: number } {
  const first = firstOf(told, real);
  const left = new Map<string, number>();
  for (const trade of real.slice(first)) left.set(trade, (left.get(trade) ?? 0) + 1);
  const early = new Set<number>();
  let wrong = 0;
  for (const trade of told) {
    const count = left.get(trade) ?? 0;
    if (count > 0) {
      left.set(trade, count - 1);
      continue;
    }
    let at = first - 1;
    while (at >= 0 && (real[at] !== trade || early.has(at))) at--;
    if (at < 0) wrong++;
    else early.add(at);
  }
  let missing = 0;
  for (const [trade, count] of left) if (isKnown(trade)) missing += count;
  const from = Math.min(first, ...early);
  for (const [i, trade] of real.slice(from, first).entries())
    if (!early.has(from + i) && isKnown(trade)) missing++;
  return { wrong, missing };
}

function firstOf(told: readonly string[], real: readonly string[]): number {
  if (told.length === 0) return real.length;
  const begins = real.findIndex((_, at) =>
    told.slice(0, FIRST_TRADES).every((trade, i) => trade === real[at + i]),
  );
  const at = begins < 0 ? real.indexOf(told[0] ?? '') : begins;
  return at < 0 ? real.length : at;
}
