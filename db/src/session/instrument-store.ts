import { and, asc, eq, isNotNull, sql } from 'drizzle-orm';

import { commonGrid, type Grid } from '@tapedeck/market/grid/grid';
import type { Instrument } from '@tapedeck/market/instrument/instrument';

import type { Orm } from '../database/database.ts';
import { instrument, session, sessionSymbol } from '../database/schema.ts';

/** Instruments in the history: the latest version of each, and its version in each session. */
export class InstrumentStore {
  readonly #orm: Orm;

  constructor(orm: Orm) {
    this.#orm = orm;
  }

  /** Inserts or replaces an instrument. */
  upsert(value: Instrument): void {
    const { symbol, venue, base, quote, tickSize, lotSize } = value;
    this.#orm
      .insert(instrument)
      .values({ symbol, venue, base, quote, tickSize, lotSize })
      .onConflictDoUpdate({
        target: instrument.symbol,
        set: { venue, base, quote, tickSize, lotSize },
      })
      .run();
  }

  /** All instruments by symbol; with `ofSession`, those of that session in its grids. */
  list(ofSession?: string): readonly Instrument[] {
    if (ofSession === undefined)
      return this.#orm.select().from(instrument).orderBy(asc(instrument.symbol)).all();
    return this.#orm
      .select(COLUMNS)
      .from(sessionSymbol)
      .where(eq(sessionSymbol.session, ofSession))
      .orderBy(asc(sessionSymbol.symbol))
      .all();
  }

  /**
   * An instrument by symbol, in a session if given; undefined if unknown. Without a session, its grid is the coarsest
   * one that represents all of its recordings exactly.
   */
  get(symbol: string, ofSession?: string): Instrument | undefined {
    if (ofSession === undefined) {
      const known = this.#orm.select().from(instrument).where(eq(instrument.symbol, symbol)).get();
      const [first, ...others] = known === undefined ? [] : this.#gridsOf(symbol);
      return known && first ? { ...known, ...commonGrid([first, ...others]) } : known;
    }
    return this.list(ofSession).find((candidate) => candidate.symbol === symbol);
  }

  #gridsOf(symbol: string): readonly Grid[] {
    return this.#orm
      .selectDistinct({ tickSize: sessionSymbol.tickSize, lotSize: sessionSymbol.lotSize })
      .from(sessionSymbol)
      .innerJoin(session, eq(session.id, sessionSymbol.session))
      .where(
        and(
          eq(sessionSymbol.symbol, symbol),
          isNotNull(sessionSymbol.firstTime),
          sql`${session.state} <> 'importing'`,
        ),
      )
      .all();
  }

  /** Symbols with at least one complete or running session. */
  recorded(): readonly string[] {
    return this.#orm
      .selectDistinct({ symbol: sessionSymbol.symbol })
      .from(sessionSymbol)
      .innerJoin(session, eq(session.id, sessionSymbol.session))
      .where(sql`${session.state} <> 'importing'`)
      .orderBy(asc(sessionSymbol.symbol))
      .all()
      .map((row) => row.symbol);
  }
}

const COLUMNS = {
  symbol: sessionSymbol.symbol,
  venue: sessionSymbol.venue,
  base: sessionSymbol.base,
  quote: sessionSymbol.quote,
  tickSize: sessionSymbol.tickSize,
  lotSize: sessionSymbol.lotSize,
};
