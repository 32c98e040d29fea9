import { nameOf, venueOf } from '@tapedeck/market/instrument/instrument';

/** What `--symbol` names: a market by the venue's name of it, and the venue where it says one. */
export function symbolChoice(symbol: string): {
  readonly market: string;
  readonly venue: string | undefined;
} {
  const market = nameOf(symbol);
  return { market, venue: market === symbol ? undefined : venueOf(symbol) };
}
