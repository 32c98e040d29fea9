import type { History } from '@tapedeck/db/history';

import type { MarketEngine } from '../engine/market-engine.ts';
import type { TradeArchive } from './trade-resume.ts';

/**
 * Trades of the session that is being recorded. A reset begins another count of trades (P13), and a session does not
 * say where: of a symbol that was reset within its session the history is not asked.
 */
export function sessionTrades(
  history: Pick<History, 'trades'>,
  engine: MarketEngine,
  session: () => string | null,
): TradeArchive {
  const resetIn = new Map<string, string | null>();
  engine.listen({ reset: ({ symbol }) => void resetIn.set(symbol, session()) });
  return ({ symbol }, after, limit) => {
    const current = session();
    if (current === null || resetIn.get(symbol) === current) return undefined;
    return history.trades.after(current, symbol, after, limit);
  };
}
