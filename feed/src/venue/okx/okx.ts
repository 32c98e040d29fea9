/* OKX in recorder dumps. */
import { okxChecksum } from '@tapedeck/market/book/venue-checksum';

import { chainOrder } from '../chain-check.ts';
import type { DumpVenue } from '../dump-venue.ts';
import { isFrameFinding } from '../live-venue.ts';
import { RuledBook } from '../ruled-book.ts';
import { okxFrame } from './okx-frame.ts';

/** Levels per side in the checksum. */
export const OKX_CHECKSUM_DEPTH = 25;

export const okxVenue: DumpVenue = {
  venue: 'okx',
  address: /okx\.com|okex\.com/,
  file: /^(okx|okex)\b/i,
  frame: (text) => okxFrame(text).filter(isFrameFinding),

  describe(market) {
    const [base = market, quote = ''] = market.split('-');
    return { market, venue: 'okx', base, quote };
  },

  book: () =>
    new RuledBook({ order: chainOrder, checksum: { depth: OKX_CHECKSUM_DEPTH, of: okxChecksum } }),
};
