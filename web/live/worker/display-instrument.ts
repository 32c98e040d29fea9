import { type Instrument, venueOf } from '@tapedeck/market/instrument';
import type { ChannelGrid } from '@tapedeck/market/link/link-channel';

/** Quote currencies that venues write without a separator, longest first. */
const QUOTES = [
  'FDUSD',
  'USDT',
  'USDC',
  'BUSD',
  'TUSD',
  'USD',
  'EUR',
  'GBP',
  'JPY',
  'TRY',
  'BTC',
  'ETH',
  'BNB',
];

const cache = new Map<string, Instrument>();

/**
 * The instrument of a channel for display. The stream says symbol and grid; base and quote are read off the name
 * (`BTC-USD`, `XBT/USD`, `BTCUSDT`). The same grid gives the same object.
 */
export function displayInstrument(grid: ChannelGrid): Instrument {
  const { symbol, tickSize, lotSize } = grid;
  const key = `${symbol} ${tickSize} ${lotSize}`;
  let instrument = cache.get(key);
  if (instrument === undefined) {
    const name = symbol.slice(0, symbol.indexOf('@'));
    const [base, quote] = splitName(name);
    instrument = { symbol, venue: venueOf(symbol), base, quote, tickSize, lotSize };
    cache.set(key, instrument);
  }
  return instrument;
}

function splitName(name: string): readonly [base: string, quote: string] {
  const [first = name, second] = name.split(/[-/_]/);
  if (second !== undefined && second !== '') return [first, second];
  const quote = QUOTES.find((each) => name.length > each.length && name.endsWith(each));
  return quote === undefined ? [name, ''] : [name.slice(0, -quote.length), quote];
}
