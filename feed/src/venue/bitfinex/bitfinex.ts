/* Bitfinex in recorder dumps: the frames of the live market, with or without its numbers and checksums. */
import { bitfinexChecksum } from '@tapedeck/market/book/venue-checksum';

import type { DumpVenue } from '../dump-venue.ts';
import { isFrameFinding } from '../live-venue.ts';
import { recordedFindings } from '../recorded-findings.ts';
import { RuledBook } from '../ruled-book.ts';
import { BitfinexFrames } from './bitfinex-frame.ts';
import { coinsOf } from './bitfinex-market.ts';

/** Levels per side in the checksum. */
const CHECKSUM_DEPTH = 25;

export const bitfinexVenue: DumpVenue = {
  venue: 'bitfinex',
  reads: 'WebSocket v2: book P0, trades',
  address: /bitfinex\.com/,
  file: /^bitfinex\b/i,
  frame: (text) => new BitfinexFrames().frame(text, 0).filter(isFrameFinding),
  connection() {
    const frames = new BitfinexFrames();
    return { frame: (text, time) => recordedFindings(frames.frame(text, time)) };
  },
  describe: (market) => ({ market, venue: 'bitfinex', ...coinsOf(market) }),
  book: () => new RuledBook({ checksum: { depth: CHECKSUM_DEPTH, of: bitfinexChecksum } }),
};
