import { type Command, Option } from 'commander';

import type { Clock } from '@tapedeck/market/time/clock';

import { exportCsv } from '../export/csv-export.ts';
import { exportNdjson } from '../export/ndjson-export.ts';
import { OutputExists, OutputFile } from '../export/output-file.ts';
import { exportTape } from '../export/tape-export.ts';
import { UsageError } from './cli-error.ts';
import { openCliHistory } from './open-cli-history.ts';

type ExportFlags = {
  readonly format: 'csv' | 'ndjson' | 'tape';
  readonly out?: string;
  readonly db?: string;
};

/** `tapedeck export SESSION` */
export function addExportCommand(program: Command, clock: Clock): void {
  const format = new Option(
    '--format <name>',
    'tape: one SQLite file; csv: a folder in Tardis layout; ndjson: protocol messages',
  );
  program
    .command('export')
    .description('write a session to a file that tapedeck import and other programs can read')
    .argument('<session>', 'id of the session')
    .addOption(format.choices(['csv', 'ndjson', 'tape']).default('tape'))
    .option(
      '--out <path>',
      'file, or folder for csv (default: named after the session, in this folder)',
    )
    .option('--db <path>', 'history file (default: TAPEDECK_DB or data/tapedeck.db)')
    .action((session: string, flags: ExportFlags) => {
      const history = openCliHistory(flags.db, { readonly: true });
      try {
        if (history.sessions.get(session) === undefined)
          throw new UsageError(`there is no session ${session} in ${history.path}`);
        const { format: kind } = flags;
        const out = flags.out ?? (kind === 'csv' ? session : `${session}.${kind}`);
        let paths: readonly string[] = [out];
        if (kind === 'csv') paths = exportCsv(history, session, out);
        else if (kind === 'tape') exportTape(history, session, out, { now: clock.now() });
        else {
          const file = new OutputFile(out);
          try {
            exportNdjson(history, session, file);
            file.finish();
          } catch (error) {
            file.abort();
            throw error;
          }
        }
        for (const path of paths) process.stdout.write(`${path}\n`);
      } catch (error) {
        if (error instanceof OutputExists) throw new UsageError(error.message, { cause: error });
        throw error;
      } finally {
        history.close();
      }
    });
}
