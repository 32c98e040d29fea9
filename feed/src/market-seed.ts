import type { History } from '@tapedeck/db/history';

import type { SymbolMarket } from './engine/symbol-market.ts';

/** What a chart and a ticker need at once: a day of minutes, an hour of seconds. */
const SEED_MINUTES = 1_441;
const SEED_SECONDS = 3_600;
/**
 * What was recorded before this life: candles go on where they stopped, and trades are numbered on. The trades themselves
 * stay in the history: how many came after the last recorded one nobody knows, and side by side in one message they would
 * be read as a tape without a hole (P17c).
 */
export function seedMarket(market: SymbolMarket, history: History): void {
  const { symbol, instrument: grid } = market;
  // In the grid of this life: what was recorded between its steps is left to answers that name another grid.
  const minutes = history.candles.range({ symbol, interval: '1m', limit: SEED_MINUTES, grid });
  market.candles.seed('1m', minutes);
  const seconds = history.candles.range({ symbol, interval: '1s', limit: SEED_SECONDS, grid });
  market.candles.seed('1s', seconds);
  // A trade has one number on the wire and in the history.
  market.countTradesFrom(history.trades.lastSequenceOf(symbol));
}
