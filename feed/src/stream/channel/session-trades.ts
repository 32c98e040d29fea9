import { unlessUnreadable } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';

import type { MarketEngine } from '../../engine/market-engine.ts';
import type { TradeArchive } from './trade-resume.ts';

/**
 * Trades of the session being recorded. A change of grid starts another numbering of a symbol's trades, and another
 * session: until that session exists, the history is not read.
 */
export function sessionTrades(
  history: Pick<History, 'trades'>,
  engine: MarketEngine,
  session: () => string | null,
): TradeArchive {
  const resetIn = new Map<string, string | null>();
  engine.listen({
    reset: ({ symbol, tradeSequence }) => {
      if (tradeSequence === 0) resetIn.set(symbol, session());
    },
  });
  return ({ symbol }, after, limit) => {
    const current = session();
    if (current === null || resetIn.get(symbol) === current) return undefined;
    // Unreadable trades count as lost (P17).
    return unlessUnreadable(() => history.trades.after(current, symbol, after, limit), undefined);
  };
}
