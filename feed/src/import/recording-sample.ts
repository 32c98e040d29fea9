import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';

import { type DecimalPlaces, NO_PLACES, placesOf, widerPlaces } from './decimal-places.ts';
import { ImportError } from './import-problem.ts';
import { readLines } from './line-source.ts';
import type { RecordedMarket, RecordingFormat } from './recording-format.ts';
import { RECORDING_FORMATS } from './recording-formats.ts';

/** Enough to meet the snapshot and every stream; the grids found here are refined if a later line needs it. */
const SAMPLE_LINES = 400;

/** A file that was looked into but not yet imported. */
export type RecordingSample = {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly format: RecordingFormat;
  /** The one market to import; undefined for a file of many that are all imported. */
  readonly market: RecordedMarket | undefined;
  readonly venue: string;
  /** Receive time of the first readable line: files of a symbol are read in its order. */
  readonly firstReceiveTime: number;
  /** By the venue's name of the market; the empty name is that of lines that do not say. */
  readonly places: ReadonlyMap<string, DecimalPlaces>;
};

/** Looks at the beginning of a file. @throws ImportError when it is no recording of a known format. */
export async function sampleRecording(
  path: string,
  options: { readonly format: string; readonly symbol: string | undefined },
): Promise<RecordingSample> {
  const name = basename(path);
  const { bytes, lines } = await openSample(path);
  const format = chooseFormat(name, lines, options.format);
  const holdsMany = format.venueOf !== undefined && options.symbol === undefined;
  const market = holdsMany ? undefined : chooseMarket(name, format, lines, options.symbol);
  const venue = market?.venue ?? format.venueOf?.(lines, name);
  if (venue === undefined)
    throw new ImportError(`${name}: neither its lines nor its name say which venue it is of`);
  const places = new Map<string, DecimalPlaces>();
  let firstReceiveTime = Number.MAX_SAFE_INTEGER;
  const reader = format.reader(name);
  for (const parsed of lines.flatMap((line) => reader.read(line, name))) {
    if (parsed.kind !== 'event') continue;
    firstReceiveTime = Math.min(firstReceiveTime, parsed.receiveTime);
    const { event, market: of = '' } = parsed;
    places.set(of, widerPlaces(places.get(of) ?? NO_PLACES, placesOf(event)));
  }
  return {
    path,
    name,
    bytes,
    sha256: await digestFile(path),
    format,
    market,
    venue,
    firstReceiveTime,
    places,
  };
}

async function openSample(
  path: string,
): Promise<{ readonly bytes: number; readonly lines: readonly string[] }> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new ImportError(`${path} is not a file`, { wrongUse: true });
    const lines: string[] = [];
    for await (const batch of readLines(path)) {
      for (const line of batch.lines)
        if (line !== '' && lines.length < SAMPLE_LINES) lines.push(line);
      if (lines.length >= SAMPLE_LINES) break;
      // Nothing of it can be read: the reader of recordings would say no more.
      if (lines.length === 0 && batch.damage !== undefined)
        throw new ImportError(`${basename(path)}:1: the file is damaged (${batch.damage.detail})`);
    }
    return { bytes: info.size, lines: lines.slice(0, SAMPLE_LINES) };
  } catch (error) {
    if (error instanceof ImportError) throw error;
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const detail = error instanceof Error ? error.message : String(error);
    const text = missing ? `there is no file ${path}` : `cannot read ${path}: ${detail}`;
    throw new ImportError(text, { cause: error, wrongUse: true });
  }
}

function chooseFormat(name: string, lines: readonly string[], wanted: string): RecordingFormat {
  if (lines.length === 0) throw new ImportError(`${name} holds no readable line`);
  const known = RECORDING_FORMATS.map((format) => format.name);
  if (wanted !== 'auto') {
    const format = RECORDING_FORMATS.find((candidate) => candidate.name === wanted);
    if (format === undefined)
      throw new ImportError(`unknown format ${wanted}: known are auto, ${known.join(', ')}`, {
        wrongUse: true,
      });
    return format;
  }
  const format = RECORDING_FORMATS.find((candidate) => candidate.recognises(lines, name));
  if (format === undefined)
    throw new ImportError(
      `${name} is of no known format (${known.join(', ')}); its first line is ${JSON.stringify(lines[0]?.slice(0, 60))}`,
    );
  return format;
}

function chooseMarket(
  name: string,
  format: RecordingFormat,
  lines: readonly string[],
  symbol: string | undefined,
): RecordedMarket {
  const found = format.marketsOf(lines, name);
  if (symbol !== undefined) {
    const wanted = format.marketOf(symbol);
    const match = found.find((market) => market.market === wanted.market);
    if (match !== undefined) return symbol.includes('@') ? wanted : match;
    // A file of many need not show all of them at its beginning.
    if (found.length > 0 && format.venueOf === undefined)
      throw new ImportError(
        `${name} holds ${found.map((market) => market.market).join(', ')}, not ${wanted.market}`,
      );
    const venue = format.venueOf?.(lines, name);
    return venue === undefined || symbol.includes('@') ? wanted : { ...wanted, venue };
  }
  const [first, ...others] = found;
  if (first === undefined)
    throw new ImportError(`${name}: no line says which market it is of; name it with --symbol`);
  if (others.length > 0)
    throw new ImportError(
      `${name} holds several markets (${found.map((market) => market.market).join(', ')}); choose one with --symbol`,
    );
  return first;
}

async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
