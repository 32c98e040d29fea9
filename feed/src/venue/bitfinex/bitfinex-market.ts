/** `tBTCUSD` and `tLINK:USD` -> the two coins. */
export function coinsOf(market: string): { readonly base: string; readonly quote: string } {
  const pair = market.replace(/^t/, '');
  const at = pair.indexOf(':');
  return at < 0
    ? { base: pair.slice(0, -3), quote: pair.slice(-3) }
    : { base: pair.slice(0, at), quote: pair.slice(at + 1) };
}
