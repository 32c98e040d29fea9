import { splitInstrumentName } from '@tapedeck/market/instrument/instrument-name';

import type { VenueMarket } from '../venue-market.ts';

/** A market by the venue's name, for recordings that say no more. */
export function describeMarket(market: string, venue: string): VenueMarket {
  return { market, venue, ...splitInstrumentName(market) };
}
