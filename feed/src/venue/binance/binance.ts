import type { DumpVenue, FrameFinding } from '../dump-venue.ts';
/* Binance in recorder dumps: the frames and rules of its collector recordings, with the snapshot by REST. */
import { BinanceBook } from './binance-book.ts';
import { parseBinanceFrame } from './binance-frame.ts';
import { describeMarket } from './binance-market.ts';

/** Its three venues differ only in address and name: the frames themselves show which rules apply. */
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
