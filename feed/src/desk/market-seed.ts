import { unlessUnreadable } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';
import { GridError } from '@tapedeck/market/grid/grid';

import type { Grain } from '../engine/grain-board.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';

/** What a chart and a ticker need at once: a day of minutes, an hour of seconds. */
const SEED_MINUTES = 1_441;
const SEED_SECONDS = 3_600;
/**
 * What was recorded before this life: candles go on where they stopped, and trades are numbered on. The trades themselves
 * stay in the history: how many came after the last recorded one nobody knows, and side by side in one message they would
 * be read as a tape without a hole (P17c).
 */
export function seedMarket(market: SymbolMarket, history: History): void {
  // One that cannot be read keeps no market from going live: its state says so (P34a).
  unlessUnreadable(() => {
    seedCandles(market, history, '1m', SEED_MINUTES);
    seedCandles(market, history, '1s', SEED_SECONDS);
  }, undefined);
  // A trade has one number on the wire and in the history.
  const last = unlessUnreadable(() => history.trades.lastSequenceOf(market.symbol), 0);
  market.countTradesFrom(last);
}

function seedCandles(
  { symbol, candles, instrument }: SymbolMarket,
  history: History,
  interval: Grain,
  limit: number,
): void {
  const query = { symbol, interval, limit };
  try {
    // What was recorded between the steps of this life counts, too: the day's volume has it (P13c).
    const recorded = history.candles.series(query, instrument);
    candles.seed(interval, recorded.candles, recorded.grid);
  } catch (error) {
    if (!(error instanceof GridError)) throw error;
    candles.seed(interval, history.candles.range({ ...query, grid: instrument }));
  }
}
