import { createHash } from 'node:crypto';

import {
  type DecimalPlaces,
  NO_PLACES,
  placesOf,
  widerPlaces,
} from '../../venue/decimal-places.ts';
import type { VenueMarket } from '../../venue/venue-market.ts';
import type { RecordingFormat } from '../format/recording-format.ts';
import { RECORDING_FORMATS } from '../format/recording-formats.ts';
import { magicOf, MAGIC_BYTES } from '../read/file-magic.ts';
import { ImportError } from '../read/import-problem.ts';
import { readChunks, readLines } from '../read/line-source.ts';
import type { RecordingSource } from '../read/recording-source.ts';
import { chooseMarket } from './market-choice.ts';

/** Enough to meet the snapshot and every stream; the grids found here are refined if a later line needs it. */
const SAMPLE_LINES = 400;

/** Control characters, and invalid UTF-8. */
const NO_TEXT = /[^\P{Cc}\t]|\ufffd/u;
/** Empty lines may be gzipped a thousandfold: a file with this many of them has no other line. */
const MAX_EMPTY_BYTES = 64 * 1_024 * 1_024;

/** A file whose beginning was read, not yet imported. */
export type RecordingSample = {
  readonly source: RecordingSource;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /**
   * Digest of its first lines: files with different digests are different recordings, however they are compressed.
   */
  readonly head: string;
  readonly format: RecordingFormat;
  /** The one market to import; undefined for a file of many that are all imported. */
  readonly market: VenueMarket | undefined;
  readonly venue: string;
  /** Receive time of the first readable line: a symbol's files are read in this order. */
  readonly firstReceiveTime: number;
  /** By the venue's name of the market; empty for lines that do not name one. */
  readonly places: ReadonlyMap<string, DecimalPlaces>;
};

/** Samples the beginning of a file. @throws ImportError if it is not a recording in a known format. */
export async function sampleRecording(
  source: RecordingSource,
  options: {
    readonly format: string;
    readonly symbol: string | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<RecordingSample> {
  const { name, path, bytes } = source;
  const lines = await firstLines(source, options.signal);
  const format = await chooseFormat(source, lines, options.format);
  const beginning = { lines, file: name, path };
  const unread = format.unread?.(lines, name);
  if (unread !== undefined) throw new ImportError(`${name}: ${unread}; nothing was imported`);
  const holdsMany = format.venueOf !== undefined && options.symbol === undefined;
  const market = holdsMany ? undefined : chooseMarket(beginning, format, options.symbol);
  const venue = market?.venue ?? format.venueOf?.(lines, name);
  if (venue === undefined)
    throw new ImportError(`${name}: neither its lines nor its name say which venue it is from`);
  const places = new Map<string, DecimalPlaces>();
  let firstReceiveTime = Number.MAX_SAFE_INTEGER;
  const reader = format.reader(name);
  const sampled = lines.flatMap((line) => reader.read(line, name));
  // A whole book may be longer than the sample: the part read so far has its time.
  for (const parsed of [...sampled, ...(reader.end?.() ?? [])]) {
    if (parsed.kind !== 'event') continue;
    firstReceiveTime = Math.min(firstReceiveTime, parsed.receiveTime);
    const { event, market: of = '' } = parsed;
    places.set(of, widerPlaces(places.get(of) ?? NO_PLACES, placesOf(event)));
  }
  const head = createHash('sha256').update(lines.join('\n')).digest('hex');
  const sha256 = await digestOf(source);
  const known = { source, name, bytes, sha256, head, format, market, venue };
  return { ...known, firstReceiveTime, places };
}

/** Digest of all lines of a file, however it is compressed. */
export async function contentDigest(source: RecordingSource): Promise<string> {
  const hash = createHash('sha256');
  for await (const { bytes } of readChunks(source)) hash.update(bytes);
  return hash.digest('hex');
}

async function firstLines(
  source: RecordingSource,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const lines: string[] = [];
  let read = 0;
  for await (const batch of readLines(source)) {
    signal?.throwIfAborted();
    for (const line of batch.lines)
      if (line !== '' && lines.length < SAMPLE_LINES) lines.push(line);
    if (lines.length >= SAMPLE_LINES) break;
    // No line of it can be read, so the import could not say more.
    if (lines.length === 0 && batch.damage !== undefined)
      throw new ImportError(`${source.name}:1: the file is damaged (${batch.damage.detail})`);
    read += batch.lines.length;
    if (lines.length === 0 && read > MAX_EMPTY_BYTES) break;
  }
  return lines;
}

async function chooseFormat(
  source: RecordingSource,
  lines: readonly string[],
  wanted: string,
): Promise<RecordingFormat> {
  const { name } = source;
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
  if (format !== undefined) return format;
  const magic = magicOf(await source.head(MAGIC_BYTES));
  if (magic !== undefined && magic !== 'gzip')
    throw new ImportError(
      `${name} is a ${magic} file, which cannot be read: unpack it first (plain, gzip and zip files can)`,
    );
  const [first = ''] = lines;
  const isText = !NO_TEXT.test(first);
  const shown = isText
    ? `; its first line is ${JSON.stringify(first.slice(0, 60))}`
    : ' and is not text';
  throw new ImportError(`${name} is of no known format (${known.join(', ')})${shown}`);
}

/**
 * Of the raw bytes: compressed differently, a file has another digest, but an archive's entry has that of its
 * content.
 */
async function digestOf(source: RecordingSource): Promise<string> {
  const hash = createHash('sha256');
  const { stream } = await source.open();
  try {
    for await (const chunk of stream) hash.update(chunk as Uint8Array);
  } catch (error) {
    // Damage in an archive is reported with its line, when it is imported.
    if (!source.isArchived) throw error;
    hash.update('damaged');
  }
  return hash.digest('hex');
}
