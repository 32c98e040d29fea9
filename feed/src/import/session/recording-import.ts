import { createHash } from 'node:crypto';

import { isDatabaseFile } from '@tapedeck/db/database/database-file';
import { HistoryError } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';
import { SessionWriter } from '@tapedeck/db/recording/session-writer';
import { isSymbol, nameOf } from '@tapedeck/market/instrument/instrument';
import type { Clock } from '@tapedeck/market/time/clock';

import type { VenueMarket } from '../../venue/venue-market.ts';
import { FinerGridNeeded } from '../grid/import-grids.ts';
import { ImportError, ProblemLog } from '../read/import-problem.ts';
import { GridFinder } from '../recording/grid-finder.ts';
import { RecordingFiles } from '../recording/recording-files.ts';
import type { RecordingSample } from '../recording/recording-sample.ts';
import { pumpRecording } from './import-pump.ts';
import type { ImportResult } from './import-result.ts';
import { knownImport, toldProblems } from './known-import.ts';
import { type MessageCounts, sumOfCounts } from './message-counts.ts';
import { SessionImport } from './session-import.ts';
import { importTape } from './tape-import.ts';

/** What to import, and how. */
export type ImportOptions = {
  readonly history: History;
  readonly clock: Clock;
  /** In any order; files of one symbol become one session. */
  readonly files: readonly string[];
  /** `auto`, or the name of a format. */
  readonly format?: string | undefined;
  /** `BTCUSDT` or `BTCUSDT@binance`, if the files do not name one or name several. */
  readonly symbol?: string | undefined;
  /** Decimal text; found from the recording by default. */
  readonly tickSize?: string | undefined;
  readonly lotSize?: string | undefined;
  /** The first problem ends the import, and nothing of it is kept. */
  readonly strict?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
};

/** Bytes of all files read so far. A finer grid sets it back to the start of a file. */
export type ImportProgress = {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly events: number;
  readonly symbol: string;
};

/** How often to check whether another process has finished with the same files. */
const OTHER_IMPORT_MS = 200;
/** Rows per transaction: enough to be cheap, few enough that a recorder never waits long. */
const FLUSH_ROWS = 20_000;

/**
 * Imports recordings: one session per symbol, or one for all markets of a dump. Reads each file once, with the memory
 * of one batch of lines. The session is invisible until it is complete, and a failure or an abort leaves nothing of
 * it. @throws ImportError and HistoryError.
 */
export async function importRecordings(options: ImportOptions): Promise<readonly ImportResult[]> {
  const { history, clock } = options;
  checkSymbol(options.symbol);
  history.sessions.deleteAbandonedImports(clock.now());
  const results: ImportResult[] = [];
  const files = new RecordingFiles();
  try {
    for (const file of options.files) {
      const { symbol, format = 'auto', signal } = options;
      if (isDatabaseFile(file)) results.push(...importTapeFile(file, options));
      else await files.add(file, { symbol, format, signal });
    }
    files.check();
    results.push(...(await importSamples(files.samples, options)));
  } finally {
    files.close();
  }
  return results;
}

async function importSamples(
  samples: readonly RecordingSample[],
  options: ImportOptions,
): Promise<readonly ImportResult[]> {
  const results: ImportResult[] = [];
  const groups = Map.groupBy(samples, (sample) => groupOf(sample));
  const totalBytes = samples.reduce((sum, sample) => sum + sample.bytes, 0);
  let doneBytes = 0;
  let doneEvents = 0;
  for (const [name, group] of groups) {
    const files = group.toSorted((a, b) => a.firstReceiveTime - b.firstReceiveTime);
    const [bytesBefore, eventsBefore] = [doneBytes, doneEvents];
    const report = (bytes: number, events: number): void => {
      doneEvents = eventsBefore + events;
      options.onProgress?.({
        bytes: bytesBefore + bytes,
        totalBytes,
        events: doneEvents,
        symbol: name,
      });
    };
    results.push(await importGroup(name, files, options, report));
    doneBytes += files.reduce((sum, file) => sum + file.bytes, 0);
  }
  return results;
}

/** A name without its venue is valid too. @throws ImportError */
function checkSymbol(symbol: string | undefined): void {
  if (symbol === undefined) return;
  const isWhole = nameOf(symbol) !== symbol;
  if (isSymbol(isWhole ? symbol : `${symbol}@venue`)) return;
  throw new ImportError(`--symbol ${JSON.stringify(symbol)} is not NAME or NAME@venue`, {
    wrongUse: true,
  });
}

function importTapeFile(file: string, options: ImportOptions): readonly ImportResult[] {
  const { history, clock, signal, onProgress } = options;
  return importTape(history, file, {
    now: clock.now(),
    onProgress: (rows, total) => {
      signal?.throwIfAborted();
      onProgress?.({ bytes: rows, totalBytes: total, events: rows, symbol: 'tape' });
    },
  });
}

/** Files with the same group become one session: that of their market, or of a dump's venue. */
function groupOf(sample: RecordingSample): string {
  return sample.market === undefined ? sample.venue : symbolOf(sample.market);
}

function symbolOf(market: VenueMarket): string {
  return `${market.market}@${market.venue}`;
}

async function importGroup(
  name: string,
  files: readonly RecordingSample[],
  options: ImportOptions,
  onProgress: (bytes: number, events: number) => void,
): Promise<ImportResult> {
  const { history } = options;
  const orders = new Set(files.map((file) => file.format.order));
  if (orders.size > 1)
    throw new ImportError(
      `files of ${name} have formats that cannot be one session: ${files.map((file) => `${file.name} (${file.format.name})`).join(', ')}`,
      { wrongUse: true },
    );
  const fingerprint = fingerprintOf(name, files, options);
  const grids = new GridFinder(options, files);
  for (;;) {
    const known = history.sessions.findImport(fingerprint);
    if (known !== undefined) return knownImport(history, known, options.strict === true);
    if (history.sessions.isImporting(fingerprint)) {
      await otherImport(options);
      continue;
    }
    try {
      return await attempt(name, files, options, fingerprint, grids, onProgress);
    } catch (error) {
      if (error instanceof FinerGridNeeded) grids.refine(error.symbol, error.places);
      // Another process started the same import between the check and the first row.
      else if (!(error instanceof HistoryError && error.kind === 'taken')) throw error;
    }
  }
}

/**
 * Another process is importing the same files: once it is done, the session counts as ours too; if it fails, it is
 * our turn.
 */
async function otherImport({ history, clock, signal }: ImportOptions): Promise<void> {
  signal?.throwIfAborted();
  // The clock's timers alone do not keep a process alive, and a command has nothing else to wait for.
  const alive = setInterval(() => undefined, OTHER_IMPORT_MS);
  await new Promise<void>((resolve) => void clock.after(OTHER_IMPORT_MS, resolve));
  clearInterval(alive);
  history.sessions.deleteAbandonedImports(clock.now());
}

/** One pass over the files with the grids as known so far. */
async function attempt(
  name: string,
  files: readonly RecordingSample[],
  options: ImportOptions,
  fingerprint: string,
  grids: GridFinder,
  onProgress: (bytes: number, events: number) => void,
): Promise<ImportResult> {
  const { history, clock } = options;
  const [first] = files;
  if (first === undefined) throw new ImportError('there is nothing to import');
  const problems = new ProblemLog(options.strict === true);
  const origin = {
    format: first.format.name,
    files: files.map(({ name: file, bytes, sha256 }) => ({ name: file, bytes, sha256 })),
  };
  const isDated = first.firstReceiveTime < Number.MAX_SAFE_INTEGER;
  const start = new Date(isDated ? first.firstReceiveTime : clock.now()).toISOString();
  const label = `${name} ${start.slice(0, 16).replace('T', ' ')} UTC`;
  const writer = SessionWriter.begin(history, {
    id: `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}-${start.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`,
    label,
    source: 'import',
    state: 'importing',
    origin,
    fingerprint,
    now: clock.now(),
  });
  try {
    const session = new SessionImport(writer, grids, problems);
    const { signal } = options;
    const flush = (): void => {
      if (writer.pending >= FLUSH_ROWS) writer.flush({ partial: false, now: clock.now() });
    };
    await pumpRecording(files, { session, problems, flush, signal, onProgress });
    const counted = [...session.messages];
    const messages = sumOfCounts(counted.map(([, counts]) => counts));
    if (!writer.hasData) throw nothingUsed(name, files, messages, problems);
    for (const [symbol, counts] of counted)
      history.sessions.setMessages(writer.id, symbol, { ...counts });
    const { depth } = session;
    // A view of the book is labelled as one wherever it is shown (H5).
    if (depth !== undefined) history.sessions.setLabel(writer.id, `${label}, ${depth} levels`);
    const view = depth === undefined ? {} : { depth };
    history.sessions.setOrigin(writer.id, { ...origin, ...view, ...toldProblems(problems) });
    writer.close(clock.now());
    return {
      session: writer.id,
      symbol: writer.symbols.join(','),
      already: false,
      messages,
      problems: problems.kept,
      problemCounts: problems.counts,
    };
  } catch (error) {
    writer.abort();
    throw error;
  }
}

/** An empty session would pass as complete everywhere. */
function nothingUsed(
  name: string,
  files: readonly RecordingSample[],
  { bookTicker, depth, trade, snapshot, candle = 0 }: MessageCounts,
  problems: ProblemLog,
): ImportError {
  const refused = problems.kept[0];
  const why =
    refused !== undefined
      ? `; the first refused, ${refused.file}:${refused.line}: ${refused.detail}`
      : depth + trade + snapshot + candle === 0 && bookTicker > 0
        ? `: ${bookTicker} quotes alone (best bid and ask) are not a book, trades or candles; import the book or the trades with them`
        : '';
  const names = files.map((file) => file.name).join(', ');
  return new ImportError(`${names}: no event of ${name} could be used${why}; nothing was imported`);
}

/** The same files with the same choices are the same session, whatever their names and order. */
function fingerprintOf(
  name: string,
  files: readonly RecordingSample[],
  options: ImportOptions,
): string {
  const digests = files.map((file) => file.sha256).toSorted();
  const choices = [name, options.tickSize ?? '', options.lotSize ?? ''];
  return createHash('sha256')
    .update([...digests, ...choices].join('\n'))
    .digest('hex');
}
