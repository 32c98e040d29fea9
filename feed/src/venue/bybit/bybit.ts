/* Bybit in recorder dumps: spot, linear and inverse contracts of version 5, by the address of their socket. */
import { splitInstrumentName } from '@tapedeck/market/instrument/instrument-name';

import { chainOrder } from '../chain-check.ts';
import type { DumpVenue, FrameFinding } from '../dump-venue.ts';
import { isFrameFinding } from '../live-venue.ts';
import { RuledBook } from '../ruled-book.ts';
import { bybitFrame } from './bybit-frame.ts';

export const bybitVenues: readonly DumpVenue[] = [
  venueOf('bybit-linear', 'linear', /^bybit[_-]?linear\b/i),
  venueOf('bybit-inverse', 'inverse', /^bybit[_-]?inverse\b/i),
  venueOf('bybit', 'spot', /^bybit\b/i),
];

function venueOf(venue: string, category: string, file: RegExp): DumpVenue {
  return {
    venue,
    reads: 'version 5',
    address: new RegExp(`bybit\\.\\w+/v5/(?:public/${category}|.*category=${category})`),
    file,
    frame: (text) => bybitFrame(text).filter(isFrameFinding).map(untied),
    describe: (market) => ({ market, venue, ...splitInstrumentName(market) }),
    book: () => new RuledBook({ order: chainOrder }),
  };
}

/** An import joins tickers to books by the number of the delta, which these do not have. */
function untied(finding: FrameFinding): FrameFinding {
  return finding.kind === 'event' && finding.event.type === 'ticker'
    ? { ...finding, event: { type: 'quote' } }
    : finding;
}
