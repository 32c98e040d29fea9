import { createHash } from 'node:crypto';

import type { History } from '@tapedeck/db/history';
import { SessionWriter } from '@tapedeck/db/session-writer';
import type { Clock } from '@tapedeck/market/clock';
import { DecimalScale } from '@tapedeck/market/decimal';
import { isSymbol, type Instrument } from '@tapedeck/market/instrument';

import { ImportError, type ImportProblem, ProblemLog } from './import-problem.ts';
import { readLines } from './line-source.ts';
import {
  FinerGridNeeded,
  type ImportGrids,
  MarketImport,
  type MessageCounts,
} from './market-import.ts';
import {
  type DecimalPlaces,
  type RecordingSample,
  sampleRecording,
  widerPlaces,
} from './recording-sample.ts';

/** What to import, and how. */
export type ImportOptions = {
  readonly history: History;
  readonly clock: Clock;
  /** In any order; files of one symbol become one session. */
  readonly files: readonly string[];
  /** `auto`, or the name of a format. */
  readonly format?: string | undefined;
  /** `BTCUSDT` or `BTCUSDT@binance`, where the files do not say or say more than one. */
  readonly symbol?: string | undefined;
  /** Decimal text; found from the recording where absent. */
  readonly tickSize?: string | undefined;
  readonly lotSize?: string | undefined;
  /** The first problem ends the import, and nothing of it is kept. */
  readonly strict?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
};

/** Bytes of the files read so far, over all of them. A finer grid sends it back to a file's beginning. */
export type ImportProgress = {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly events: number;
  readonly symbol: string;
};

/** One imported session. */
export type ImportedSession = {
  readonly session: string;
  readonly symbol: string;
  /** True when these files were imported before: nothing was written. */
  readonly already: boolean;
  readonly messages: MessageCounts;
  readonly problems: readonly ImportProblem[];
  readonly problemCounts: Readonly<Record<string, number>>;
};

/** A transaction's worth: large enough to be cheap, small enough that a recorder beside it never waits long. */
const FLUSH_ROWS = 20_000;

/**
 * Imports recordings, one session a symbol. Reads each file once with the memory of one batch of lines; the session
 * is invisible until it is whole, and a failure or an abort leaves nothing of it.
 * @throws ImportError and HistoryError.
 */
export async function importRecordings(
  options: ImportOptions,
): Promise<readonly ImportedSession[]> {
  const { history, clock } = options;
  if (options.symbol?.includes('@') === true && !isSymbol(options.symbol))
    throw new ImportError(`--symbol ${options.symbol} is not NAME@venue`, { wrongUse: true });
  history.sessions.deleteAbandonedImports(clock.now());
  const samples: RecordingSample[] = [];
  for (const file of options.files) {
    const { symbol, format = 'auto' } = options;
    const sample = await sampleRecording(file, { symbol, format });
    // The same file named twice is one file.
    if (samples.every((other) => other.sha256 !== sample.sha256)) samples.push(sample);
  }
  const groups = Map.groupBy(samples, (sample) => symbolOf(sample));
  const totalBytes = samples.reduce((sum, sample) => sum + sample.bytes, 0);
  const results: ImportedSession[] = [];
  let doneBytes = 0;
  for (const [symbol, group] of groups) {
    const files = group.toSorted((a, b) => a.firstReceiveTime - b.firstReceiveTime);
    const before = doneBytes;
    const report = (bytes: number, events: number): void =>
      options.onProgress?.({ bytes: before + bytes, totalBytes, events, symbol });
    results.push(await importSymbol(symbol, files, options, report));
    doneBytes += files.reduce((sum, file) => sum + file.bytes, 0);
  }
  return results;
}

function symbolOf(sample: RecordingSample): string {
  return `${sample.market.market}@${sample.market.venue}`;
}

async function importSymbol(
  symbol: string,
  files: readonly RecordingSample[],
  options: ImportOptions,
  onProgress: (bytes: number, events: number) => void,
): Promise<ImportedSession> {
  const { history } = options;
  const fingerprint = fingerprintOf(symbol, files, options);
  const known = history.sessions.findImport(fingerprint);
  if (known !== undefined) {
    const messages = {
      depth: 0,
      bookTicker: 0,
      trade: 0,
      snapshot: 0,
      ...history.sessions.messages(known, symbol),
    };
    return { session: known, symbol, already: true, messages, problems: [], problemCounts: {} };
  }
  let places = files.map((file) => file.places).reduce(widerPlaces);
  for (;;) {
    try {
      return await attempt(symbol, files, options, fingerprint, places, onProgress);
    } catch (error) {
      if (!(error instanceof FinerGridNeeded)) throw error;
      places = widerPlaces(places, error.places);
    }
  }
}

/** One pass over the files with the grids as far as they are known. */
async function attempt(
  symbol: string,
  files: readonly RecordingSample[],
  options: ImportOptions,
  fingerprint: string,
  places: DecimalPlaces,
  onProgress: (bytes: number, events: number) => void,
): Promise<ImportedSession> {
  const { history, clock } = options;
  const [first] = files;
  if (first === undefined) throw new ImportError('there is nothing to import');
  const grids = gridsOf(options, places);
  const problems = new ProblemLog(options.strict === true);
  const origin = {
    format: first.format.name,
    files: files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
  };
  const start = new Date(first.firstReceiveTime).toISOString();
  const writer = SessionWriter.begin(history, {
    id: `${symbol.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}-${start.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`,
    label: `${symbol} ${start.slice(0, 16).replace('T', ' ')} UTC`,
    source: 'import',
    state: 'importing',
    origin,
    fingerprint,
    now: clock.now(),
  });
  try {
    writer.addInstrument(instrumentOf(symbol, first, grids));
    const market = new MarketImport(writer, symbol, grids, problems);
    await pump(files, market, writer, problems, options, onProgress);
    const { messages } = market;
    if (messages.depth + messages.trade + messages.snapshot === 0)
      throw new ImportError(
        `${files.map((file) => file.name).join(', ')} hold no event of ${symbol}`,
      );
    history.sessions.setMessages(writer.id, symbol, messages);
    history.sessions.setOrigin(writer.id, { ...origin, problems: problems.counts });
    writer.close(clock.now());
    return {
      session: writer.id,
      symbol,
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

async function pump(
  files: readonly RecordingSample[],
  market: MarketImport,
  writer: SessionWriter,
  problems: ProblemLog,
  options: ImportOptions,
  onProgress: (bytes: number, events: number) => void,
): Promise<void> {
  let doneBytes = 0;
  let events = 0;
  let previousTime = '';
  let place = { file: '', line: 0 };
  for (const file of files) {
    let line = 0;
    for await (const batch of readLines(file.path)) {
      options.signal?.throwIfAborted();
      for (const text of batch.lines) {
        place = { file: file.name, line: ++line };
        if (text === '') continue;
        const parsed = file.format.parse(text);
        const time = parsed.receiveText;
        // Against the line before, not the highest so far: one wrong stamp must not cost all that follows it.
        const backwards = time !== undefined && isBefore(time, previousTime);
        const before = previousTime;
        previousTime = time ?? previousTime;
        if (parsed.kind !== 'event') problems.report(parsed.kind, place, parsed.detail);
        else if (backwards)
          problems.report('time-backwards', place, `received at ${time}, after ${before}`);
        else if (parsed.market !== undefined && parsed.market !== file.market.market)
          problems.report('other-symbol', place, `of ${parsed.market}, not ${file.market.market}`);
        else {
          market.add(parsed.event, parsed.receiveTime, place);
          events++;
        }
      }
      if (batch.damage?.kind === 'corrupt')
        throw new ImportError(
          `${file.name}:${line + 1}: the file is damaged (${batch.damage.detail}): its lines may be wrong without looking so`,
        );
      if (batch.damage !== undefined)
        problems.report('cut-file', { file: file.name, line: line + 1 }, batch.damage.detail);
      if (writer.pending >= FLUSH_ROWS) writer.flush({ partial: false, now: options.clock.now() });
      onProgress(doneBytes + Math.min(batch.bytesRead, file.bytes), events);
    }
    doneBytes += file.bytes;
  }
  market.finish(place);
}

/** Receive times are compared as text: nanoseconds do not fit a double. Other lengths mean another unit. */
function isBefore(time: string, previous: string): boolean {
  return time.length === previous.length && time < previous;
}

function gridsOf(options: ImportOptions, places: DecimalPlaces): ImportGrids {
  const { tickSize, lotSize } = options;
  return {
    price: new DecimalScale(tickSize ?? stepOf(places.price)),
    size: new DecimalScale(lotSize ?? stepOf(places.size)),
    priceFixed: tickSize !== undefined,
    sizeFixed: lotSize !== undefined,
  };
}

/** The power of ten with so many decimal places: the smallest step that everything met is a multiple of. */
function stepOf(places: number): string {
  return places === 0 ? '1' : `0.${'0'.repeat(places - 1)}1`;
}

function instrumentOf(symbol: string, sample: RecordingSample, grids: ImportGrids): Instrument {
  const { venue, base, quote } = sample.market;
  return { symbol, venue, base, quote, tickSize: grids.price.step, lotSize: grids.size.step };
}

/** The same files under the same choices are the same session, whatever their names and order. */
function fingerprintOf(
  symbol: string,
  files: readonly RecordingSample[],
  options: ImportOptions,
): string {
  const digests = files.map((file) => file.sha256).toSorted();
  const choices = [symbol, options.tickSize ?? '', options.lotSize ?? ''];
  return createHash('sha256')
    .update([...digests, ...choices].join('\n'))
    .digest('hex');
}
