import { hostname } from 'node:os';

import { and, asc, count, desc, eq, gt, isNotNull, lte, ne, sql } from 'drizzle-orm';

import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { Gap, Session, SessionSource, WrittenGap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';
import { shown } from '@tapedeck/market/wire/codec/codec';

import { damagedRow, storedFields } from '../database/damaged-row.ts';
import type { Orm } from '../database/database.ts';
import { gap, headline, segment, session, sessionSymbol } from '../database/schema.ts';
import { InstrumentStore } from './instrument-store.ts';
import { type BrokenOff, closeBrokenOff, deleteAbandonedImports } from './killed-sessions.ts';
import { countsOf } from './recording-marks.ts';
import { coverageOf } from './session-coverage.ts';
import { MARKET_COLUMNS, prepareLookups, type SessionLookups } from './session-lookups.ts';

/** Parameters of a new session. `id` gets a suffix if it is taken. */
export type NewSession = {
  readonly id: string;
  readonly label: string;
  readonly source: SessionSource;
  /** A recording is visible while it grows, an import only when it is complete. */
  readonly state: 'recording' | 'importing';
  readonly origin: Readonly<Record<string, unknown>>;
  readonly fingerprint?: string | undefined;
  readonly now: EpochMs;
};

/** One market in one session, by the integer that its rows reference. */
export type SessionMarket = {
  readonly key: number;
  readonly session: string;
  readonly symbol: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly firstTime: EpochMs;
  readonly lastTime: EpochMs;
};

/** Sessions (H5): create, find, close, delete. */
export class SessionStore {
  readonly #orm: Orm;
  readonly #instruments: InstrumentStore;
  readonly #lookups: SessionLookups;

  constructor(orm: Orm) {
    this.#orm = orm;
    this.#instruments = new InstrumentStore(orm);
    this.#lookups = prepareLookups(orm);
  }

  /** Creates a session and returns its id: the requested one, or with a suffix `-2`, `-3`, ... if it is taken. */
  create(input: NewSession): string {
    return this.#orm.transaction(
      (tx) => {
        let id = input.id;
        const taken = (): boolean =>
          tx.select({ id: session.id }).from(session).where(eq(session.id, id)).get() !== undefined;
        for (let n = 2; taken(); n++) id = `${input.id}-${n}`;
        tx.insert(session)
          .values({
            id,
            label: input.label,
            source: input.source,
            state: input.state,
            origin: JSON.stringify(input.origin),
            fingerprint: input.fingerprint ?? null,
            owner: `${hostname()}:${process.pid}`,
            createdAt: input.now,
            touchedAt: input.now,
          })
          .run();
        return id;
      },
      { behavior: 'immediate' },
    );
  }

  /** Adds a market and its grid to a session; returns the integer that its rows reference. */
  addInstrument(id: string, instrument: Instrument): number {
    const { symbol, venue, base, quote, tickSize, lotSize } = instrument;
    const row = { session: id, symbol, venue, base, quote, tickSize, lotSize };
    const added = this.#orm
      .insert(sessionSymbol)
      .values(row)
      .onConflictDoUpdate({ target: [sessionSymbol.session, sessionSymbol.symbol], set: row })
      .returning({ key: sessionSymbol.id })
      .get();
    this.#instruments.upsert(instrument);
    return added.key;
  }

  /** Ends a recording, or makes an import visible. Does not change data times. */
  close(id: string, now: EpochMs): void {
    this.#orm
      .update(session)
      .set({ state: 'closed', touchedAt: now })
      .where(eq(session.id, id))
      .run();
  }

  /** Replaces the origin of a session. */
  setOrigin(id: string, origin: Readonly<Record<string, unknown>>): void {
    this.#orm
      .update(session)
      .set({ origin: JSON.stringify(origin) })
      .where(eq(session.id, id))
      .run();
  }

  setLabel(id: string, label: string): void {
    this.#orm.update(session).set({ label }).where(eq(session.id, id)).run();
  }

  /** Deletes a session and all of its data; false if there is none. */
  delete(id: string): boolean {
    return this.#orm.delete(session).where(eq(session.id, id)).run().changes > 0;
  }

  /** All complete or running sessions, newest first. */
  list(): readonly Session[] {
    const rows = this.#orm
      .select()
      .from(session)
      .where(ne(session.state, 'importing'))
      .orderBy(desc(session.createdAt), desc(session.id))
      .all();
    return this.#describe(rows);
  }

  /** A session by id; undefined if there is none, or if it is still being imported. */
  get(id: string): Session | undefined {
    const rows = this.#orm
      .select()
      .from(session)
      .where(and(eq(session.id, id), ne(session.state, 'importing')))
      .all();
    return this.#describe(rows)[0];
  }

  /** Whether the session is still being recorded. */
  isOpen(id: string): boolean {
    const open = and(eq(session.id, id), eq(session.state, 'recording'));
    return this.#orm.select({ id: session.id }).from(session).where(open).get() !== undefined;
  }

  /** Id of the session from an earlier import of the same files, if any. */
  findImport(fingerprint: string): string | undefined {
    return this.#orm
      .select({ id: session.id })
      .from(session)
      .where(and(eq(session.fingerprint, fingerprint), eq(session.state, 'closed')))
      .get()?.id;
  }

  /** True while a process is importing these files. */
  isImporting(fingerprint: string): boolean {
    return (
      this.#orm
        .select({ id: session.id })
        .from(session)
        .where(and(eq(session.fingerprint, fingerprint), eq(session.state, 'importing')))
        .get() !== undefined
    );
  }

  /**
   * The newest session of a market; with `at`, the newest that covers that time: from the market's first event to one
   * past the last event of any market in the session, because a market that fell silent early keeps its state.
   */
  latest(symbol: string, at?: EpochMs): string | undefined {
    return this.markets(symbol, at)[0]?.session;
  }

  /** Time of the last event of a session, of any market; 0 if it has none. */
  endOf(id: string): EpochMs {
    return this.#lookups.end.get({ id })?.end ?? 0;
  }

  /** All recordings of a market that have data, newest first; with `at`, those that cover that time. */
  markets(symbol: string, at?: EpochMs): readonly SessionMarket[] {
    const covers =
      at === undefined
        ? undefined
        : sql`${sessionSymbol.firstTime} < ${at} and (
            select max(other.last_time) from session_symbol other
            where other.session = ${sessionSymbol.session}
          ) >= ${at} - 1`;
    return this.#orm
      .select(MARKET_COLUMNS)
      .from(sessionSymbol)
      .innerJoin(session, eq(session.id, sessionSymbol.session))
      .where(
        and(
          eq(sessionSymbol.symbol, symbol),
          isNotNull(sessionSymbol.firstTime),
          ne(session.state, 'importing'),
          covers,
        ),
      )
      .orderBy(desc(sessionSymbol.firstTime), desc(sessionSymbol.id))
      .all()
      .map((row) => this.#toMarket(row));
  }

  /** One market of one session; undefined if it has no data or does not exist. */
  market(id: string, symbol: string): SessionMarket | undefined {
    const row = this.#lookups.market.get({ id, symbol });
    return row === undefined ? undefined : this.#toMarket(row);
  }

  /** Gaps of a session, oldest first; of one symbol if given. */
  gaps(id: string, symbol?: string): readonly Gap[] {
    const { gaps, gapsOf } = this.#lookups;
    return symbol === undefined ? gaps.all({ id }) : gapsOf.all({ id, symbol });
  }

  /** Adds a gap that was found later; false if it is already known. */
  addGap(id: string, hole: WrittenGap): boolean {
    const known = this.gaps(id, hole.symbol);
    if (known.some(({ from, reason }) => from === hole.from && reason === hole.reason))
      return false;
    const { symbol, from: fromTime, to: toTime, reason } = hole;
    this.#orm.insert(gap).values({ session: id, symbol, fromTime, toTime, reason }).run();
    return true;
  }

  /** Number of source messages by kind, as counted by the importer; {} for a recording. */
  messages(id: string, symbol: string): Readonly<Record<string, number>> {
    const row = this.#orm
      .select({ messages: sessionSymbol.messages })
      .from(sessionSymbol)
      .where(and(eq(sessionSymbol.session, id), eq(sessionSymbol.symbol, symbol)))
      .get();
    if (row === undefined) return {};
    return countsOf(storedFields(this.#orm.$client, `${symbol} in session ${id}`, row.messages));
  }

  setMessages(id: string, symbol: string, messages: Readonly<Record<string, number>>): void {
    this.#orm
      .update(sessionSymbol)
      // Keeps the marks of the recording (`recording-marks.ts`) in the same column.
      .set({ messages: sql`json_patch(${sessionSymbol.messages}, ${JSON.stringify(messages)})` })
      .where(and(eq(sessionSymbol.session, id), eq(sessionSymbol.symbol, symbol)))
      .run();
  }

  /**
   * Called once by a feed before it records. A history has one feed, so every open session belongs to a killed one
   * and is closed at its last data. Returns where each market's recording ended, including those of a feed that was
   * stopped in order, for the `restart` gaps of the next session.
   */
  closeBrokenOff(now: EpochMs): readonly BrokenOff[] {
    return closeBrokenOff(this.#orm, now);
  }

  /** Deletes what killed imports left behind; does not touch running imports. */
  deleteAbandonedImports(now: EpochMs): readonly string[] {
    return deleteAbandonedImports(this.#orm, now);
  }

  /** Sessions of any market that overlap `from..to`, newest first. */
  overlapping(from: EpochMs, to: EpochMs): readonly Session[] {
    const ids = this.#orm
      .selectDistinct({ id: sessionSymbol.session })
      .from(sessionSymbol)
      .where(and(lte(sessionSymbol.firstTime, to), gt(sessionSymbol.lastTime, from)))
      .all();
    const wanted = new Set(ids.map((row) => row.id));
    return this.list().filter((candidate) => wanted.has(candidate.id));
  }

  /** @throws HistoryError for an impossible range. */
  #toMarket(row: MarketRow): SessionMarket {
    const { session: id, symbol, firstTime, lastTime } = row;
    const market = { ...row, firstTime: firstTime ?? 0, lastTime: lastTime ?? -1 };
    const isRange = firstTime === null || lastTime === null || firstTime <= lastTime;
    // SQLite also stores text in integer columns.
    if (isRange && typeof market.firstTime === 'number' && typeof market.lastTime === 'number')
      return market;
    const what = `it goes from ${shown(String(firstTime))} to ${shown(String(lastTime))}`;
    throw damagedRow(this.#orm.$client, `${symbol} in session ${id}`, what);
  }

  #describe(rows: readonly (typeof session.$inferSelect)[]): readonly Session[] {
    if (rows.length === 0) return [];
    const ids = rows.map((row) => row.id);
    const one = ids.length === 1 ? ids[0] : undefined;
    const ofIds = one === undefined ? undefined : eq(sessionSymbol.session, one);
    const markets = this.#orm
      .select()
      .from(sessionSymbol)
      .where(ofIds)
      .orderBy(asc(sessionSymbol.symbol))
      .all();
    const segments = this.#orm
      .select({ session: sessionSymbol.session, segments: count() })
      .from(segment)
      .innerJoin(sessionSymbol, eq(sessionSymbol.id, segment.sessionSymbol))
      .where(ofIds)
      .groupBy(sessionSymbol.session)
      .all();
    const headlines = this.#orm
      .select({ session: headline.session, headlines: count() })
      .from(headline)
      .where(one === undefined ? undefined : eq(headline.session, one))
      .groupBy(headline.session)
      .all();
    return rows.map((row) => {
      const own = markets.filter((market) => market.session === row.id);
      for (const market of own) this.#toMarket({ ...market, key: market.id });
      const gaps = this.gaps(row.id);
      const starts = own.flatMap((market) => market.firstTime ?? []);
      const ends = own.flatMap((market) => market.lastTime ?? []);
      const from = starts.length === 0 ? row.createdAt : Math.min(...starts);
      const to = ends.length === 0 ? row.createdAt : Math.max(...ends);
      const symbols = own.map((market) => market.symbol);
      return {
        id: row.id,
        label: row.label,
        source: row.source,
        symbols,
        from,
        to,
        open: row.state === 'recording',
        counts: {
          deltas: own.reduce((sum, market) => sum + market.deltas, 0),
          trades: own.reduce((sum, market) => sum + market.trades, 0),
          headlines: headlines.find((other) => other.session === row.id)?.headlines ?? 0,
          segments: segments.find((other) => other.session === row.id)?.segments ?? 0,
        },
        coverage: coverageOf(symbols, gaps, from, to),
        gaps,
        origin: storedFields(this.#orm.$client, `session ${row.id}`, row.origin),
      };
    });
  }
}

type MarketRow = Omit<SessionMarket, 'firstTime' | 'lastTime'> & {
  readonly firstTime: number | null;
  readonly lastTime: number | null;
};
