import { tradeCursor, type TradePosition } from '@tapedeck/db/tape/trade-store';
import { type Grid, gridFactors, regridTrade } from '@tapedeck/market/grid/grid';
import { must } from '@tapedeck/market/number/assert';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Trade } from '@tapedeck/market/tape/trade';

import type { SymbolMarket } from '../engine/symbol-market.ts';
import type { MarketRouteDeps } from './market-world.ts';

type TradeRequest = {
  readonly symbol: string;
  readonly from?: EpochMs | undefined;
  readonly to: EpochMs | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly within: string | undefined;
  readonly wanted: Grid | undefined;
};

/** A page of the history; the last one continues with what is not written yet. */
export function tradesPage(
  { history }: Pick<MarketRouteDeps, 'history'>,
  market: SymbolMarket | undefined,
  { symbol, from, to, limit, cursor, within, wanted }: TradeRequest,
): {
  readonly rows: readonly Trade[];
  readonly grid: Grid | undefined;
  readonly next?: string | undefined;
} {
  const { trades, grid, next, end } = history.trades.page({
    symbol,
    session: within,
    from,
    to,
    limit,
    cursor,
    wanted,
  });
  if (next !== undefined || market === undefined || within !== undefined)
    return { rows: trades, grid, next };
  const factors = must(gridFactors(market.instrument, grid ?? market.instrument), 'a common grid');
  const fresh = unwritten(market, end, { from, to }).map((trade) => regridTrade(trade, factors));
  const rows = [...trades, ...fresh];
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  if (last === undefined) return { rows, grid };
  // The page ends where only unwritten trades follow: they may be written by the next request.
  const isStored = limit === trades.length && end !== undefined;
  const position = isStored ? end : history.trades.positionOf(symbol, last);
  return { rows: rows.slice(0, limit), grid, next: tradeCursor(position) };
}

/**
 * Trades after a position in the tape that the recorder has not written yet, or never will if nothing is recorded.
 */
function unwritten(
  market: SymbolMarket,
  after: TradePosition | undefined,
  range: { readonly from: EpochMs | undefined; readonly to: EpochMs | undefined },
): readonly Trade[] {
  const { from = 0, to = Number.MAX_SAFE_INTEGER } = range;
  const { time = -1, sequence: number = -1 } = after ?? {};
  return market.trades
    .tail()
    .filter(({ eventTime }) => eventTime >= from && eventTime <= to)
    .filter(
      ({ eventTime, sequence }) => eventTime > time || (eventTime === time && sequence > number),
    )
    .toSorted((a, b) => a.eventTime - b.eventTime || a.sequence - b.sequence);
}
