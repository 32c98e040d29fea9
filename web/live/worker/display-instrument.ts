import {
  type ChannelInstrument,
  type Instrument,
  nameOf,
  venueOf,
} from '@tapedeck/market/instrument/instrument';
import { splitInstrumentName } from '@tapedeck/market/instrument/instrument-name';

const cache = new Map<string, Instrument>();

/**
 * The instrument of a channel for display. A missing base or quote is read from the name. Equal input gives the same
 * object, so that panels see no change.
 */
export function displayInstrument(said: ChannelInstrument): Instrument {
  const { symbol, tickSize, lotSize } = said;
  const key = `${symbol} ${tickSize} ${lotSize} ${said.base} ${said.quote}`;
  let instrument = cache.get(key);
  if (instrument === undefined) {
    const read = splitInstrumentName(nameOf(symbol));
    const isSaid = said.base !== undefined && said.base !== '';
    const base = isSaid ? said.base : read.base;
    const quote = isSaid ? (said.quote ?? '') : read.quote;
    instrument = { symbol, venue: venueOf(symbol), base, quote, tickSize, lotSize };
    cache.set(key, instrument);
  }
  return instrument;
}
