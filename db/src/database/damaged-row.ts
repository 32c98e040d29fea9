/*
 * Rows that SQLite reads without an error but that were never written so: text that is not JSON, a range that ends
 * before it begins. This is damage like that of a page, and is reported in the same way (P34a).
 */
import { shown } from '@tapedeck/market/wire/codec/codec';

import type { SqliteConnection } from './database.ts';
import { tellOf } from './guarded-connection.ts';
import { HistoryError } from './history-error.ts';

/** The error to throw, already reported to the connection's listener. `row` names the place: `headline 7`. */
export function damagedRow(connection: SqliteConnection, row: string, what: string): HistoryError {
  const text = `cannot read history ${connection.name}: ${row} is damaged: ${what}`;
  const problem = new HistoryError('damaged-row', text);
  tellOf(connection)(problem);
  return problem;
}

/** Parses a JSON array of names. @throws HistoryError */
export function storedNames(connection: SqliteConnection, row: string, text: unknown): string[] {
  const value = parsed(connection, row, text);
  if (Array.isArray(value) && value.every((name): name is string => typeof name === 'string'))
    return value;
  throw damagedRow(connection, row, `${shown(String(text))} is no list of names`);
}

/** Parses a JSON object. @throws HistoryError */
export function storedFields(
  connection: SqliteConnection,
  row: string,
  text: unknown,
): Record<string, unknown> {
  const value = parsed(connection, row, text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw damagedRow(connection, row, `${shown(String(text))} is no object`);
}

function parsed(connection: SqliteConnection, row: string, text: unknown): unknown {
  try {
    return JSON.parse(String(text)) as unknown;
  } catch {
    throw damagedRow(connection, row, `${shown(String(text))} is no JSON`);
  }
}
