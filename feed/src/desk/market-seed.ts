import { unlessUnreadable } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';
import { GridError } from '@tapedeck/market/grid/grid';

import type { Grain } from '../engine/grain-board.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';

/** What a chart and a ticker need at once: a day of minutes, an hour of seconds. */
const SEED_MINUTES = 1_441;
const SEED_SECONDS = 3_600;
/** Hours that may be the venue's: longer than a board keeps minutes, and than the longest candle. */
const SEED_HOURS = 96;
/**
 * Data from before this start: candles continue where they stopped, and trade numbers continue too. The trades
 * themselves stay in the history: how many followed the last recorded one is unknown, and together in one message
 * they would look like a tape without a hole (P17c).
 */
export function seedMarket(market: SymbolMarket, history: History): void {
  // An unreadable history does not keep a market from going live: the history's state reports it (P34a).
  unlessUnreadable(() => {
    seedCandles(market, history, '1m', SEED_MINUTES);
    seedCandles(market, history, '1s', SEED_SECONDS);
    if (history.venueCandles.has(market.symbol)) seedHours(market, history);
  }, undefined);
  // A trade has the same number on the wire and in the history.
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
    // Prices recorded between the current steps count too: the day's volume includes them (P13c).
    const recorded = history.candles.series(query, instrument);
    candles.seed(interval, recorded.candles, recorded.grid);
  } catch (error) {
    if (!(error instanceof GridError)) throw error;
    candles.seed(interval, history.candles.range({ ...query, grid: instrument }));
  }
}

function seedHours({ symbol, candles, instrument }: SymbolMarket, history: History): void {
  const query = { symbol, interval: '1h', limit: SEED_HOURS } as const;
  try {
    const hours = history.candles.series(query, instrument);
    candles.seedHours(hours.candles, hours.grid);
  } catch (error) {
    if (!(error instanceof GridError)) throw error;
    candles.seedHours(history.candles.range({ ...query, grid: instrument }));
  }
}
