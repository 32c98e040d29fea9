import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type DatabaseOptions } from '@tapedeck/db/database/database';
import { type History, openHistory } from '@tapedeck/db/history';

/** `data/tapedeck.db` in the repository, wherever the command is run from. */
const DEFAULT_DB = fileURLToPath(new URL('../../../data/tapedeck.db', import.meta.url));

/** The file that a command works on: `--db`, else `TAPEDECK_DB`, else the default. */
export function cliHistoryPath(path: string | undefined): string {
  const fromEnvironment = process.env['TAPEDECK_DB'];
  const wanted = path ?? (fromEnvironment === '' ? undefined : fromEnvironment) ?? DEFAULT_DB;
  return wanted === ':memory:' ? wanted : resolve(wanted);
}

/** That history, opened. A command moves no file: a damaged one is refused. */
export function openCliHistory(path: string | undefined, options: DatabaseOptions): History {
  return openHistory(cliHistoryPath(path), options);
}
