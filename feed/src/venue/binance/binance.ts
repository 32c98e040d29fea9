import type { DumpVenue, FrameFinding } from '../dump-venue.ts';
/* Binance in recorder dumps: the frames and the rules of its collector recordings, with the snapshot by REST. */
import { BinanceBook } from './binance-book.ts';
import { parseBinanceFrame } from './binance-frame.ts';
import { describeMarket } from './binance-market.ts';

/** Its three venues differ by address and by name only: the frames themselves say which rules hold. */
export const binanceVenues: readonly DumpVenue[] = [
  venueOf('binance-usdm', /fapi\.binance|fstream\.binance/, /^binance[_-]?futures\b/i),
  venueOf('binance-coinm', /dapi\.binance|dstream\.binance/, /^binance[_-]?delivery\b/i),
  venueOf('binance', /binance\.com/, /^binance\b/i),
];

function venueOf(venue: string, address: RegExp, file: RegExp): DumpVenue {
  return {
    venue,
    address,
    file,
    frame: (text) => [findingOf(text, undefined)].flatMap((each) => each ?? []),
    response(from, text) {
      const market = /\/depth\?.*symbol=([A-Z0-9_]+)/i.exec(from)?.[1];
      const finding = market === undefined ? undefined : findingOf(text, market);
      return finding === undefined ? [] : [finding];
    },
    describe: (market) => describeMarket(market, venue),
    book: () => new BinanceBook(),
  };
}

function findingOf(text: string, market: string | undefined): FrameFinding | undefined {
  // The answer to a subscription.
  if (text.startsWith('{"result":')) return undefined;
  const frame = parseBinanceFrame(text);
  if (frame.kind !== 'event') return frame;
  return { kind: 'event', market: frame.symbol ?? market?.toUpperCase(), event: frame.event };
}
