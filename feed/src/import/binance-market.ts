import { splitInstrumentName } from '@tapedeck/market/instrument-name';

import type { RecordedMarket } from './recording-format.ts';

/** A market by the venue's name of it, where the recording says no more. */
export function describeMarket(market: string, venue: string): RecordedMarket {
  return { market, venue, ...splitInstrumentName(market) };
}
