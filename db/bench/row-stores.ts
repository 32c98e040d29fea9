/*
 * The two baselines with one row per level change: through Drizzle's query builder, and through a prepared statement.
 */
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import { OrderBook } from '@tapedeck/market/book/order-book';

import type { MeasuredStore } from './measured-store.ts';

const deltaRow = sqliteTable('delta_row', {
  id: integer('id').primaryKey(),
  symbol: text('symbol').notNull(),
  sequence: integer('sequence').notNull(),
  eventTime: integer('event_time').notNull(),
  receiveTime: integer('receive_time').notNull(),
  side: text('side').notNull(),
  priceTicks: integer('price_ticks').notNull(),
  sizeLots: integer('size_lots').notNull(),
});
type DeltaRow = typeof deltaRow.$inferInsert;
type ReadRow = {
  readonly sequence: number;
  readonly event_time: number;
  readonly side: string | number;
  readonly price_ticks: number;
  readonly size_lots: number;
};

const SYMBOL = 'BTC-USD@bench';
/** SQLite binds at most 32,766 values per statement. */
const ROWS_PER_INSERT = 1_000;
const ROWS_PER_TRANSACTION = 20_000;

function open(path: string, sql: string): Database.Database {
  const connection = new Database(path);
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = NORMAL');
  connection.exec(sql);
  return connection;
}

function* rowsOf(snapshot: BookSnapshot, deltas: readonly BookDelta[]): Generator<DeltaRow> {
  const first = { ...snapshot, previous: snapshot.sequence };
  for (const delta of [first, ...deltas]) {
    const { sequence, eventTime, receiveTime } = delta;
    const base = { symbol: SYMBOL, sequence, eventTime, receiveTime };
    for (const [priceTicks, sizeLots] of delta.bids)
      yield { ...base, side: 'bid', priceTicks, sizeLots };
    for (const [priceTicks, sizeLots] of delta.asks)
      yield { ...base, side: 'ask', priceTicks, sizeLots };
  }
}

function* batchesOf<T>(values: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = [];
  for (const value of values) {
    batch.push(value);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

function playRows(rows: Iterable<ReadRow>): { book: OrderBook; sequence: number } {
  const book = new OrderBook();
  let sequence = 0;
  for (const row of rows) {
    const side = row.side === 'bid' || row.side === 0 ? book.bids : book.asks;
    side.set(row.price_ticks, row.size_lots);
    sequence = row.sequence;
  }
  return { book, sequence };
}

function readersOf(file: string, table: string): Pick<MeasuredStore, 'replay' | 'seeker'> {
  const columns = 'sequence, event_time, side, price_ticks, size_lots';
  return {
    replay(folder) {
      const connection = new Database(join(folder, file), { readonly: true });
      const rows = connection.prepare<[], ReadRow>(
        `select ${columns} from ${table} order by rowid`,
      );
      const { sequence } = playRows(rows.iterate());
      connection.close();
      return sequence;
    },
    seeker(folder) {
      const connection = new Database(join(folder, file), { readonly: true });
      const before = connection.prepare<[number], ReadRow>(
        `select ${columns} from ${table} where event_time < ? order by rowid`,
      );
      return {
        bestBidBefore: (at) => playRows(before.iterate(at)).book.bids.priceAt(0) ?? 0,
        close: () => void connection.close(),
      };
    },
  };
}

/** `insert().values([...])`, one transaction per batch, as in the documentation of the ORM. */
export const drizzleStore: MeasuredStore = {
  name: 'Drizzle, a row a change',
  seeks: 'scan',
  write(folder, snapshot, deltas) {
    const connection = open(
      join(folder, 'drizzle.db'),
      `create table delta_row (id integer primary key, symbol text not null, sequence integer not null,
       event_time integer not null, receive_time integer not null, side text not null,
       price_ticks integer not null, size_lots integer not null)`,
    );
    const orm = drizzle({ client: connection });
    for (const batch of batchesOf(rowsOf(snapshot, deltas), ROWS_PER_INSERT))
      orm.transaction((tx) => tx.insert(deltaRow).values(batch).run());
    connection.close();
  },
  ...readersOf('drizzle.db', 'delta_row'),
};

/** A compact hand-written schema: no text, one prepared statement. */
export const preparedStore: MeasuredStore = {
  name: 'prepared rows, compact',
  seeks: 'scan',
  write(folder, snapshot, deltas) {
    const connection = open(
      join(folder, 'rows.db'),
      'create table r (sequence integer, event_time integer, receive_time integer, side integer, price_ticks integer, size_lots integer)',
    );
    const insert = connection.prepare('insert into r values (?, ?, ?, ?, ?, ?)');
    const write = connection.transaction((rows: readonly DeltaRow[]) => {
      for (const { sequence, eventTime, receiveTime, side, priceTicks, sizeLots } of rows)
        insert.run(sequence, eventTime, receiveTime, side === 'bid' ? 0 : 1, priceTicks, sizeLots);
    });
    for (const batch of batchesOf(rowsOf(snapshot, deltas), ROWS_PER_TRANSACTION)) write(batch);
    connection.close();
  },
  ...readersOf('rows.db', 'r'),
};
