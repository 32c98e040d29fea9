import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type DatabaseOptions } from '@tapedeck/db/database/database';
import { type History, openHistory } from '@tapedeck/db/history';

/** `data/tapedeck.db` in the repository, whatever the current folder. */
const DEFAULT_DB = fileURLToPath(new URL('../../../data/tapedeck.db', import.meta.url));

/** The file that a command works on: `--db`, or else `TAPEDECK_DB`, or else the default. */
export function cliHistoryPath(path: string | undefined): string {
  const fromEnvironment = process.env['TAPEDECK_DB'];
  const wanted = path ?? (fromEnvironment === '' ? undefined : fromEnvironment) ?? DEFAULT_DB;
  return wanted === ':memory:' ? wanted : resolve(wanted);
}

/** That history, opened. A command sets no file aside: it refuses a damaged one. */
export function openCliHistory(path: string | undefined, options: DatabaseOptions): History {
  return openHistory(cliHistoryPath(path), options);
}
