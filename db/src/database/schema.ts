/*
 * The tables of the history (H1). Prices are integer ticks, sizes integer lots, times epoch milliseconds. Rows of one
 * market in one session reference `session_symbol` by an integer, to keep rows small. `drizzle-kit generate`
 * generates the migrations from this file.
 */
import {
  blob,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';

/** The latest known version of each instrument; the version during a session is in `session_symbol`. */
export const instrument = sqliteTable('instrument', {
  symbol: text('symbol').primaryKey(),
  venue: text('venue').notNull(),
  base: text('base').notNull(),
  quote: text('quote').notNull(),
  tickSize: text('tick_size').notNull(),
  lotSize: text('lot_size').notNull(),
});

/** A session (H5). `state`: an `importing` session is hidden until it is complete. */
export const session = sqliteTable(
  'session',
  {
    id: text('id').primaryKey(),
    label: text('label').notNull(),
    source: text('source', { enum: ['sim', 'live', 'import'] }).notNull(),
    state: text('state', { enum: ['recording', 'importing', 'closed'] }).notNull(),
    /** JSON: its origin (seed and scenario, files and sha256, venues). */
    origin: text('origin').notNull(),
    /** Digest of everything imported: importing the same files again gives the same session. */
    fingerprint: text('fingerprint'),
    /** `host:pid` of the writing process, to detect whether it was killed. */
    owner: text('owner').notNull(),
    createdAt: integer('created_at').notNull(),
    touchedAt: integer('touched_at').notNull(),
  },
  (table) => [
    uniqueIndex('session_fingerprint').on(table.fingerprint),
    index('session_created').on(table.createdAt),
  ],
);

/** One market in one session: its grid, range and counts. */
export const sessionSymbol = sqliteTable(
  'session_symbol',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    session: text('session')
      .notNull()
      .references(() => session.id, { onDelete: 'cascade' }),
    symbol: text('symbol').notNull(),
    venue: text('venue').notNull(),
    base: text('base').notNull(),
    quote: text('quote').notNull(),
    tickSize: text('tick_size').notNull(),
    lotSize: text('lot_size').notNull(),
    firstTime: integer('first_time'),
    lastTime: integer('last_time'),
    deltas: integer('deltas').notNull().default(0),
    trades: integer('trades').notNull().default(0),
    /** JSON: number of source messages by kind (`depth`, `trade`, ...), and the marks of `recording-marks.ts`. */
    messages: text('messages').notNull().default('{}'),
  },
  (table) => [
    uniqueIndex('session_symbol_pair').on(table.session, table.symbol),
    index('session_symbol_range').on(table.symbol, table.firstTime),
  ],
);

/** A keyframe and the deltas that follow it (H1): at most 500 deltas or 10 s. */
export const segment = sqliteTable(
  'segment',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    sessionSymbol: integer('session_symbol')
      .notNull()
      .references(() => sessionSymbol.id, { onDelete: 'cascade' }),
    /** Event time of the keyframe. */
    startTime: integer('start_time').notNull(),
    /** Event time of the last delta, or of the keyframe if there is none. */
    endTime: integer('end_time').notNull(),
    startSequence: integer('start_sequence').notNull(),
    endSequence: integer('end_sequence').notNull(),
    count: integer('count').notNull(),
    /** 1 if the keyframe equals the book at the end of the previous segment: nothing is missing between them. */
    continues: integer('continues').notNull(),
    /** sha256 of keyframe and deltas, uncompressed (H2); null while the segment is growing. */
    hash: blob('hash', { mode: 'buffer' }),
    /** The full book, or only the CRC of the book at the end of the previous segment (`segment-seal.ts`). */
    keyframe: blob('keyframe', { mode: 'buffer' }).notNull(),
    deltas: blob('deltas', { mode: 'buffer' }).notNull(),
  },
  (table) => [index('segment_seek').on(table.sessionSymbol, table.startTime, table.startSequence)],
);

/** One public trade. `aggressor`: 1 buy, 0 sell. */
export const trade = sqliteTable(
  'trade',
  {
    id: integer('id').primaryKey(),
    sessionSymbol: integer('session_symbol')
      .notNull()
      .references(() => sessionSymbol.id, { onDelete: 'cascade' }),
    sequence: integer('sequence').notNull(),
    eventTime: integer('event_time').notNull(),
    priceTicks: integer('price_ticks').notNull(),
    sizeLots: integer('size_lots').notNull(),
    aggressor: integer('aggressor').notNull(),
  },
  (table) => [
    index('trade_time').on(table.sessionSymbol, table.eventTime, table.sequence),
    index('trade_sequence').on(table.sessionSymbol, table.sequence),
  ],
);

/**
 * A market's state from `time` until its next row (H6), `ok` before its first row. Reasons are those of the protocol.
 */
export const marketState = sqliteTable(
  'market_state',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    sessionSymbol: integer('session_symbol')
      .notNull()
      .references(() => sessionSymbol.id, { onDelete: 'cascade' }),
    time: integer('time').notNull(),
    state: text('state', { enum: ['ok', 'syncing', 'stale', 'halted'] }).notNull(),
    reason: text('reason').notNull(),
    since: integer('since').notNull(),
    /** Since when the book is locked or crossed; null while it is neither. */
    crossedSince: integer('crossed_since'),
  },
  (table) => [index('market_state_time').on(table.sessionSymbol, table.time, table.id)],
);

/** OHLCV of 1 s and 1 m; longer intervals are derived. `backfilled` 1: from the source, not from recorded trades. */
export const candle = sqliteTable(
  'candle',
  {
    sessionSymbol: integer('session_symbol')
      .notNull()
      .references(() => sessionSymbol.id, { onDelete: 'cascade' }),
    intervalMs: integer('interval_ms').notNull(),
    openTime: integer('open_time').notNull(),
    open: integer('open').notNull(),
    high: integer('high').notNull(),
    low: integer('low').notNull(),
    close: integer('close').notNull(),
    volume: integer('volume').notNull(),
    buyVolume: integer('buy_volume').notNull(),
    trades: integer('trades').notNull(),
    backfilled: integer('backfilled').notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.sessionSymbol, table.intervalMs, table.openTime] })],
);

/** One epoch of the event stream (P13); its number orders events across restarts. */
export const epoch = sqliteTable(
  'epoch',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    name: text('name').notNull(),
    /** Number of its last event, if it ended in order; null if it is running or was killed. */
    endedSeq: integer('ended_seq'),
  },
  (table) => [uniqueIndex('epoch_name').on(table.name)],
);

/** Position of an event in the SSE log: `(epoch, seq)`; both null for a backfilled event. */
const position = {
  id: integer('id').primaryKey({ autoIncrement: true }),
  epoch: integer('epoch').references(() => epoch.id),
  seq: integer('seq'),
  session: text('session').references(() => session.id, { onDelete: 'cascade' }),
  time: integer('time').notNull(),
};

export const headline = sqliteTable(
  'headline',
  {
    ...position,
    headlineId: text('headline_id').notNull(),
    source: text('source').notNull(),
    /** JSON array. */
    symbols: text('symbols').notNull(),
    title: text('title').notNull(),
    eventId: text('event_id'),
    /** Where the story is, http or https. */
    link: text('link'),
  },
  (table) => [
    index('headline_id').on(table.headlineId),
    index('headline_link').on(table.link),
    index('headline_time').on(table.time),
    index('headline_session').on(table.session, table.time),
    index('headline_position').on(table.epoch, table.seq),
    uniqueIndex('headline_once').on(table.session, table.headlineId),
  ],
);

export const statusEvent = sqliteTable(
  'status_event',
  {
    ...position,
    severity: text('severity', { enum: ['info', 'warning', 'critical'] }).notNull(),
    kind: text('kind').notNull(),
    /** JSON array. */
    symbols: text('symbols').notNull(),
    message: text('message').notNull(),
  },
  (table) => [
    index('status_event_time').on(table.time),
    index('status_event_session').on(table.session, table.time),
    index('status_event_position').on(table.epoch, table.seq),
  ],
);

/** A session started, ended, was imported or was deleted. `about` outlives the session that it names. */
export const sessionEvent = sqliteTable(
  'session_event',
  {
    ...position,
    about: text('about').notNull(),
    change: text('change', { enum: ['started', 'ended', 'imported', 'deleted'] }).notNull(),
  },
  (table) => [index('session_event_position').on(table.epoch, table.seq)],
);

export const alertRule = sqliteTable('alert_rule', {
  id: text('id').primaryKey(),
  symbol: text('symbol').notNull(),
  kind: text('kind').notNull(),
  priceTicks: integer('price_ticks'),
  /** The tick size of `price_ticks`; null for a rule older than this column. */
  tickSize: text('tick_size'),
  ageMs: integer('age_ms'),
  forMs: integer('for_ms').notNull(),
  repeat: text('repeat').notNull(),
  note: text('note').notNull(),
  enabled: integer('enabled', { mode: 'boolean' }).notNull(),
  createdAt: integer('created_at').notNull(),
  state: text('state').notNull(),
  firedAt: integer('fired_at'),
});

/** Live markets that an operator added while the feed ran: it subscribes to them again when it starts. */
export const liveSource = sqliteTable(
  'live_source',
  {
    venue: text('venue').notNull(),
    market: text('market').notNull(),
    addedAt: integer('added_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.venue, table.market] })],
);

/** The log of state changes; it outlives the rules. */
export const alertEvent = sqliteTable(
  'alert_event',
  {
    ...position,
    alertId: text('alert_id').notNull(),
    ruleId: text('rule_id').notNull(),
    symbol: text('symbol').notNull(),
    state: text('state').notNull(),
    previousState: text('previous_state').notNull(),
    message: text('message').notNull(),
    value: real('value'),
  },
  (table) => [
    index('alert_event_time').on(table.time),
    index('alert_event_position').on(table.epoch, table.seq),
    uniqueIndex('alert_event_once').on(table.alertId),
  ],
);

/** A gap in a recording: data of `symbol` is missing between `from_time` and `to_time`, and why. */
export const gap = sqliteTable(
  'gap',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    session: text('session')
      .notNull()
      .references(() => session.id, { onDelete: 'cascade' }),
    symbol: text('symbol').notNull(),
    fromTime: integer('from_time').notNull(),
    toTime: integer('to_time').notNull(),
    reason: text('reason').notNull(),
  },
  (table) => [index('gap_session').on(table.session, table.fromTime)],
);

/** An audit point: the venue's best bid and ask as of a delta, to compare with the rebuilt book. */
export const bookCheck = sqliteTable(
  'book_check',
  {
    sessionSymbol: integer('session_symbol')
      .notNull()
      .references(() => sessionSymbol.id, { onDelete: 'cascade' }),
    sequence: integer('sequence').notNull(),
    bidTicks: integer('bid_ticks').notNull(),
    bidLots: integer('bid_lots').notNull(),
    askTicks: integer('ask_ticks').notNull(),
    askLots: integer('ask_lots').notNull(),
  },
  (table) => [primaryKey({ columns: [table.sessionSymbol, table.sequence] })],
);
