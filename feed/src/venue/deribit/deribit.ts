/* Deribit in recorder dumps. */
import { chainOrder } from '../chain-check.ts';
import type { DumpVenue } from '../dump-venue.ts';
import { isFrameFinding } from '../live-venue.ts';
import { RuledBook } from '../ruled-book.ts';
import { deribitFrame } from './deribit-frame.ts';

export const deribitVenue: DumpVenue = {
  venue: 'deribit',
  address: /deribit\.com/,
  file: /^deribit\b/i,
  frame: (text) => deribitFrame(text).filter(isFrameFinding),

  /** BTC-PERPETUAL, BTC_USDC-PERPETUAL, BTC-26MAR21, BTC-26MAR21-62000-C, BTC_USDC. */
  describe(market) {
    const [pair = market] = market.split('-');
    const [base = pair, quote = 'USD'] = pair.split('_');
    return { market, venue: 'deribit', base, quote };
  },

  book: () => new RuledBook({ order: chainOrder }),
};
