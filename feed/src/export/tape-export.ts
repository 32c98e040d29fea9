import { existsSync, renameSync, rmSync } from 'node:fs';

import { copySession } from '@tapedeck/db/check/session-copy';
import { HistoryError } from '@tapedeck/db/database/history-error';
import { type History, openHistory } from '@tapedeck/db/history';
import type { EpochMs } from '@tapedeck/market/number/level';

import { OutputExists } from './output-file.ts';

/**
 * Writes a session as a `.tape`: a SQLite file of its own with the tables of a history and this one session. It gets
 * its name only once it is complete. @throws OutputExists, HistoryError
 */
export function exportTape(
  history: History,
  session: string,
  path: string,
  options: {
    readonly now: EpochMs;
    readonly onProgress?: ((rows: number, total: number) => void) | undefined;
  },
): void {
  if (existsSync(path)) throw new OutputExists(path);
  const partial = `${path}.partial`;
  removeDatabase(partial);
  try {
    const tape = openHistory(partial);
    try {
      copyWhole(history, session, tape, options);
      forgetMaker(tape);
      // A single file, which also opens where nothing can be written next to it.
      tape.connection.pragma('journal_mode = DELETE');
    } finally {
      tape.close();
    }
    renameSync(partial, path);
  } catch (error) {
    removeDatabase(partial);
    throw error;
  }
}

/**
 * The same session gives the same bytes, whatever machine writes it and when; and the machine is nobody's business.
 */
function forgetMaker({ connection }: History): void {
  connection.exec(
    `update session set owner = '',
       created_at = coalesce((select min(first_time) from session_symbol), 0),
       touched_at = coalesce((select max(last_time) from session_symbol), 0)`,
  );
}

/** A tape is the complete session, byte for byte: part of it would look complete anywhere else. */
function copyWhole(...args: Parameters<typeof copySession>): void {
  try {
    copySession(...args);
  } catch (error) {
    if (!(error instanceof HistoryError) || error.kind !== 'corrupt') throw error;
    const advice = 'no tape can be made of it; csv and ndjson have what is left';
    throw new HistoryError('corrupt', `${error.message}; ${advice}`, error);
  }
}

function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
}
