import { nameOf, venueOf } from '@tapedeck/market/instrument/instrument';

/** What `--symbol` names: a market by the venue's name for it, and the venue if given. */
export function symbolChoice(symbol: string): {
  readonly market: string;
  readonly venue: string | undefined;
} {
  const market = nameOf(symbol);
  return { market, venue: market === symbol ? undefined : venueOf(symbol) };
}
