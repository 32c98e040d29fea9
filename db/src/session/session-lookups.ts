import { and, asc, eq, max, sql } from 'drizzle-orm';

import type { Orm } from '../database/database.ts';
import { gap, sessionSymbol } from '../database/schema.ts';

/** The columns of one market of one session. */
export const MARKET_COLUMNS = {
  key: sessionSymbol.id,
  session: sessionSymbol.session,
  symbol: sessionSymbol.symbol,
  tickSize: sessionSymbol.tickSize,
  lotSize: sessionSymbol.lotSize,
  firstTime: sessionSymbol.firstTime,
  lastTime: sessionSymbol.lastTime,
};

export type SessionLookups = ReturnType<typeof prepareLookups>;

/** The queries of every seek, prepared once because building a query takes longer than running it. */
export function prepareLookups(orm: Orm) {
  const id = sql.placeholder('id');
  const symbol = sql.placeholder('symbol');
  const hole = { symbol: gap.symbol, from: gap.fromTime, to: gap.toTime, reason: gap.reason };
  const inOrder = [asc(gap.fromTime), asc(gap.id)] as const;
  return {
    market: orm
      .select(MARKET_COLUMNS)
      .from(sessionSymbol)
      .where(and(eq(sessionSymbol.session, id), eq(sessionSymbol.symbol, symbol)))
      .prepare(),
    end: orm
      .select({ end: max(sessionSymbol.lastTime) })
      .from(sessionSymbol)
      .where(eq(sessionSymbol.session, id))
      .prepare(),
    gaps: orm
      .select(hole)
      .from(gap)
      .where(eq(gap.session, id))
      .orderBy(...inOrder)
      .prepare(),
    gapsOf: orm
      .select(hole)
      .from(gap)
      .where(and(eq(gap.session, id), eq(gap.symbol, symbol)))
      .orderBy(...inOrder)
      .prepare(),
  };
}
