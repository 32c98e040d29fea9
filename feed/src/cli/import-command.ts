import { type Command, InvalidArgumentError, Option } from 'commander';

import { DecimalError, DecimalScale } from '@tapedeck/market/number/decimal';
import type { Clock } from '@tapedeck/market/time/clock';

import { RECORDING_FORMATS } from '../import/format/recording-formats.ts';
import { describeProblem } from '../import/read/import-problem.ts';
import type { ImportResult } from '../import/session/import-result.ts';
import { importRecordings } from '../import/session/recording-import.ts';
import { createProgressView } from './import-progress.ts';
import { openCliHistory } from './open-cli-history.ts';

type ImportFlags = {
  readonly format: string;
  readonly symbol?: string;
  readonly tickSize?: string;
  readonly lotSize?: string;
  readonly strict?: true;
  readonly json?: true;
  readonly db?: string;
};

/** `tapedeck import FILE...` */
export function addImportCommand(program: Command, clock: Clock): void {
  const formats = ['auto', ...RECORDING_FORMATS.map((format) => format.name)];
  program
    .command('import')
    .description('import recordings; the files of one symbol become one session')
    .argument('<file...>', 'recordings, plain, gzipped or zipped, in any order')
    .addOption(new Option('--format <name>', 'file format').choices(formats).default('auto'))
    .option(
      '--symbol <symbol>',
      'the market, if the files do not name it: BTCUSDT or BTCUSDT@binance',
    )
    .option('--tick-size <decimal>', 'price grid; found from the recording by default', parseStep)
    .option('--lot-size <decimal>', 'size grid; found from the recording by default', parseStep)
    .option('--strict', 'refuse the import at the first problem instead of skipping it')
    .option('--json', 'print the result as one JSON document')
    .option('--db <path>', 'history file (default: TAPEDECK_DB or data/tapedeck.db)')
    .action(async (files: string[], flags: ImportFlags) => runImport(files, flags, clock));
}

async function runImport(
  files: readonly string[],
  flags: ImportFlags,
  clock: Clock,
): Promise<void> {
  const warn = (text: string): void => void process.stderr.write(`${text}\n`);
  const history = openCliHistory(flags.db, {});
  const view = createProgressView(process.stderr, clock);
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new Error('interrupted: nothing was imported'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const results = await importRecordings({
      history,
      clock,
      files,
      format: flags.format,
      symbol: flags.symbol,
      tickSize: flags.tickSize,
      lotSize: flags.lotSize,
      strict: flags.strict,
      signal: stopping.signal,
      onProgress: (progress) => view.update(progress),
    });
    view.stop();
    if (flags.json === true) process.stdout.write(`${JSON.stringify({ sessions: results })}\n`);
    for (const result of results) report(result, flags.json !== true, warn);
  } finally {
    view.stop();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    history.close();
  }
}

function report(result: ImportResult, print: boolean, warn: (text: string) => void): void {
  const { depth, bookTicker, trade } = result.messages;
  for (const problem of result.problems) warn(describeProblem(problem));
  const counts = Object.entries(result.problemCounts).map(([kind, count]) => `${count} ${kind}`);
  if (counts.length > 0) warn(`${result.symbol}: skipped or noted: ${counts.join(', ')}`);
  if (!print) return;
  const what = result.already ? 'was already imported as' : 'imported as';
  process.stdout.write(
    `${result.symbol} ${what} session ${result.session}: ${depth} depth, ${bookTicker} bookTicker, ${trade} trade messages\n`,
  );
}

function parseStep(text: string): string {
  try {
    return new DecimalScale(text).step;
  } catch (error) {
    if (error instanceof DecimalError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}
