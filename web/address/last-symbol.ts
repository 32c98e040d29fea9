const KEY = 'tapedeck.symbol.v1';
let last: string | undefined;

/** Remembers what was looked at, for `g s` and the Trade link. */
export function rememberSymbol(symbol: string): void {
  last = symbol;
  try {
    localStorage.setItem(KEY, symbol);
  } catch {
    // Remembered for this page only.
  }
}

/** The symbol looked at last, if the feed still knows it; else its first. */
export function lastSymbol(known: readonly string[]): string | undefined {
  try {
    last ??= localStorage.getItem(KEY) ?? undefined;
  } catch {
    // No storage: the first symbol serves.
  }
  return last !== undefined && known.includes(last) ? last : known[0];
}
