/* Hyperliquid in recorder dumps: `l2Book`, fast or not, `bbo` and `trades`. Books by request are not needed. */
import type { DumpVenue } from '../dump-venue.ts';
import { jsonOf } from '../json-fields.ts';
import { isFrameFinding } from '../live-venue.ts';
import { StatedBook } from '../stated-book.ts';
import { hyperliquidFrame, hyperliquidTrades } from './hyperliquid-frame.ts';

export const hyperliquidVenue: DumpVenue = {
  venue: 'hyperliquid',
  address: /hyperliquid(?:-testnet)?\.xyz/,
  file: /^hyperliquid\b/i,
  frame: (text) => hyperliquidFrame(text).filter(isFrameFinding),
  /** All have the same address; trades fill what the stream lacks. */
  response: (_, text) =>
    (hyperliquidTrades(jsonOf(text)) ?? []).map((finding) => ({
      ...finding,
      event: { ...finding.event, isPast: true },
    })),
  // Perpetuals are named by their coin; spot is `BASE/QUOTE`, or a number.
  describe(market) {
    const [base = market, quote = 'USDC'] = market.split('/');
    return { market, venue: 'hyperliquid', base, quote };
  },
  book: () => new StatedBook(),
};
