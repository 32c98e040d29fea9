/* OKX in recorder dumps. */
import { okxChecksum } from '@tapedeck/market/book/venue-checksum';

import type { DumpVenue } from '../dump-venue.ts';
import { isFrameFinding } from '../live-venue.ts';
import { type DiffOrder, RuledBook } from '../ruled-book.ts';
import type { GridDiff } from '../venue-book.ts';
import type { VenueId } from '../venue-event.ts';
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
    new RuledBook({ order: orderOf, checksum: { depth: OKX_CHECKSUM_DEPTH, of: okxChecksum } }),
};

/** By sequence if there is one; a chain without numbers relies on its checksums alone. */
function orderOf(last: VenueId, diff: GridDiff): DiffOrder {
  const { previousId, lastId } = diff;
  if (previousId === undefined || last === 0) return 'apply';
  if (previousId === last) return 'apply';
  return lastId <= last ? 'duplicate' : 'hole';
}
