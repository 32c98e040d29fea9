const KEY = 'tapedeck.symbol.v1';
let last: string | undefined;

/** Remembers the symbol last shown, for `g s` and the Trade link. */
export function rememberSymbol(symbol: string): void {
  last = symbol;
  try {
    localStorage.setItem(KEY, symbol);
  } catch {
    // Without storage it is not remembered.
  }
}

/** The symbol last shown, if the feed still has it; otherwise the feed's first. */
export function lastSymbol(known: readonly string[]): string | undefined {
  try {
    last ??= localStorage.getItem(KEY) ?? undefined;
  } catch {
    // No storage: the first symbol is used.
  }
  return last !== undefined && known.includes(last) ? last : known[0];
}
