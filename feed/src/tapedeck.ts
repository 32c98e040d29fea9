import { Command, CommanderError } from 'commander';

import { HistoryError, type HistoryErrorKind } from '@tapedeck/db/database/history-error';

import { EXIT, UsageError } from './cli/cli-error.ts';
import { addDoctorCommand } from './cli/doctor-command.ts';
import { addExportCommand } from './cli/export-command.ts';
import { addImportCommand } from './cli/import-command.ts';
import { addLiveCommand } from './cli/live-command.ts';
import { addProbeCommand } from './cli/probe-command.ts';
import { addSessionsCommand } from './cli/sessions-command.ts';
import { addTailCommand } from './cli/tail-command.ts';
import { addVenueCommands } from './cli/venue-commands.ts';
import { addVerifyCommand } from './cli/verify-command.ts';
import { checkNames, ConfigError } from './config/config.ts';
import { ImportError } from './import/read/import-problem.ts';
import { SystemClock } from './machine/system-clock.ts';

/** Here the path is wrong, not the history. */
const NOT_A_HISTORY: ReadonlySet<HistoryErrorKind> = new Set(['missing', 'foreign']);

/** The command line; each command documents itself: `tapedeck <command> --help`. */
function createProgram(): Command {
  const program = new Command('tapedeck')
    .description('Import, export, list and verify recorded markets; follow a running feed.')
    .showHelpAfterError('(--help lists the commands and options)')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text) });
  addImportCommand(program, new SystemClock());
  addExportCommand(program, new SystemClock());
  addSessionsCommand(program);
  addVerifyCommand(program);
  addDoctorCommand(program);
  addTailCommand(program, new SystemClock());
  addLiveCommand(program, new SystemClock());
  addVenueCommands(program);
  addProbeCommand(program, new SystemClock());
  return program;
}

/** The only place in the command line that reports errors and sets the exit status. */
async function main(argv: readonly string[]): Promise<void> {
  // A reader that stops early (`| head`) is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  try {
    checkNames(process.env);
    await createProgram().parseAsync(argv);
  } catch (error) {
    process.exitCode = exitStatusOf(error);
    if (!(error instanceof CommanderError)) {
      const message = error instanceof Error ? error.message : String(error);
      process.stderr.write(`tapedeck: ${message}\n`);
    }
  }
}

function exitStatusOf(error: unknown): number {
  // Commander has already printed its own errors; --help and --version are not errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.held : EXIT.wrongUse;
  if (error instanceof UsageError || error instanceof ConfigError) return EXIT.wrongUse;
  if (error instanceof ImportError && error.wrongUse) return EXIT.wrongUse;
  if (error instanceof HistoryError && NOT_A_HISTORY.has(error.kind)) return EXIT.wrongUse;
  return EXIT.failed;
}

await main(process.argv);
