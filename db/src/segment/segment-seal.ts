/*
 * The envelope of a segment's blobs:
 *
 *   1 | flags | crc32 u32le of the payload | payload, deflated where flags has DEFLATED     (format 1, and every full keyframe)
 *   2 | flags | crc32 u32le of the payload | deltas of format 2, by zstd where flags has ZSTD
 *   2 | count | crc32 u32le of the payload | sequence eventTime lag nBids nAsks             (a keyframe stored as a CRC)
 *
 * A keyframe stored as a CRC ("told") belongs to a segment that continues the previous one: it is the book after the
 * `count` preceding segments, the first of which has a full keyframe. The CRC ensures that a rebuilt book is either
 * the recorded one or an error. Chains are short (`segment-builder.ts`), so that a seek stays fast.
 */
import {
  constants,
  crc32,
  deflateRawSync,
  inflateRawSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';

import type { EpochMs } from '@tapedeck/market/number/level';

import { HistoryError } from '../database/history-error.ts';
import { VarintReader, type VarintWriter } from './varint.ts';

const FORMATS: ReadonlySet<number> = new Set([1, 2]);
const NEWEST = 2;
const DEFLATED = 1;
const ZSTD = 2;
const HEADER_BYTES = 6;
/** Below this a compressed block's own header eats the gain. */
const MIN_COMPRESSED_BYTES = 256;
/** Compression takes as long as the rest of writing, so it is used only if it saves at least a sixth. */
const WORTHWHILE = 5 / 6;
/** A segment has a few KiB: a larger window would only cost its clearing, which is most of deflate's work here. */
const DEFLATE = { level: 1, windowBits: 12, memLevel: 5 } as const;
/** A tenth of deflate's time for the same bytes of a busy market. */
const FAST_ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } } as const;
/** Number of payloads of a kind to leave uncompressed after an attempt that was not worthwhile. */
const SKIPPED_TRIES = 15;

/** A blob opened: its format and its payload. */
export type OpenedPayload = { readonly format: number; readonly payload: Uint8Array };

/** A keyframe that is rebuilt from the preceding segments. */
export type ToldKeyframe = {
  /** How many segments before it lead to it; the first of them has a full keyframe. */
  readonly chain: number;
  readonly crc: number;
  readonly sequence: number;
  readonly eventTime: EpochMs;
};

/**
 * Seals payloads of one kind (keyframes or deltas) and compresses them if worthwhile. This depends on the market, so
 * after an attempt that was not worthwhile the next payloads are not compressed.
 */
export class PayloadSealer {
  readonly #format: 1 | 2;
  #skip = 0;

  constructor(format: 1 | 2) {
    this.#format = format;
  }

  /** Prefixes a payload with format and CRC. */
  seal(payload: Uint8Array, compress: boolean): Buffer {
    const body = compress ? this.#compressed(payload) : undefined;
    const flags = body === undefined ? 0 : this.#format === 1 ? DEFLATED : ZSTD;
    return envelope(this.#format, flags, crc32(payload), body ?? payload);
  }

  #compressed(payload: Uint8Array): Uint8Array | undefined {
    if (payload.length < MIN_COMPRESSED_BYTES) return undefined;
    if (this.#skip > 0) {
      this.#skip--;
      return undefined;
    }
    const compressed =
      this.#format === 1 ? deflateRawSync(payload, DEFLATE) : zstdCompressSync(payload, FAST_ZSTD);
    if (compressed.length <= payload.length * WORTHWHILE) return compressed;
    this.#skip = SKIPPED_TRIES;
    return undefined;
  }
}

function envelope(format: number, flags: number, crc: number, body: Uint8Array): Buffer {
  const blob = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  blob[0] = format;
  blob[1] = flags;
  blob.writeUInt32LE(crc, 2);
  blob.set(body, HEADER_BYTES);
  return blob;
}

/**
 * The blob of a keyframe that the `chain` preceding segments lead to; `payload` is that of the full keyframe.
 */
export function tellKeyframe(payload: Uint8Array, chain: number, writer: VarintWriter): Buffer {
  const reader = new VarintReader(payload);
  const sequence = reader.unsigned();
  const eventTime = reader.unsigned();
  const receiveTime = reader.step(eventTime);
  reader.unsigned();
  writer.reset();
  writer.unsigned(sequence);
  writer.unsigned(eventTime);
  writer.step(receiveTime, eventTime);
  writer.unsigned(reader.unsigned());
  writer.unsigned(reader.unsigned());
  return envelope(NEWEST, chain, crc32(payload), writer.bytes());
}

/** The told keyframe in a keyframe blob; undefined if the blob has the full one. */
export function toldKeyframe(blob: Uint8Array): ToldKeyframe | undefined {
  const { format, flags, crc } = headerOf(blob);
  if (format === 1) return undefined;
  const reader = new VarintReader(blob, HEADER_BYTES);
  return guardColumns(() => {
    const sequence = reader.unsigned();
    const eventTime = reader.unsigned();
    reader.step(eventTime);
    reader.unsigned();
    reader.unsigned();
    if (flags === 0 || !reader.atEnd) throw new RangeError('not a keyframe stored as a CRC');
    return { chain: flags, crc, sequence, eventTime };
  });
}

/** The blob of a told keyframe for a chain of another length. */
export function retoldKeyframe(blob: Buffer, chain: number): Buffer {
  const copy = Buffer.from(blob);
  copy[1] = chain;
  return copy;
}

/** The payload of a blob. @throws HistoryError `corrupt` if format, CRC or compressed stream is invalid. */
export function openPayload(blob: Uint8Array): OpenedPayload {
  const { format, flags, crc } = headerOf(blob);
  const body = blob.subarray(HEADER_BYTES);
  const payload = decompress(body, flags);
  const actual = crc32(payload);
  if (actual !== crc)
    throw new HistoryError('corrupt', `its CRC is ${actual}, its header says ${crc}`);
  return { format, payload };
}

function decompress(body: Uint8Array, flags: number): Uint8Array {
  try {
    if ((flags & ZSTD) !== 0) return zstdDecompressSync(body);
    return (flags & DEFLATED) === 0 ? body : inflateRawSync(body);
  } catch (error) {
    throw new HistoryError('corrupt', 'it cannot be decompressed', error);
  }
}

function headerOf(blob: Uint8Array): { format: number; flags: number; crc: number } {
  const [format, flags] = blob;
  if (blob.length < HEADER_BYTES || format === undefined || flags === undefined)
    throw new HistoryError('corrupt', `${blob.length} bytes: it is cut short`);
  if (!FORMATS.has(format))
    throw new HistoryError('newer', `its format ${format} is not supported here (up to ${NEWEST})`);
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  return { format, flags, crc: view.getUint32(2, true) };
}

/** Invalid columns with a valid CRC mean a bug in the writer; report them as damage, not as a RangeError. */
export function guardColumns<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof RangeError)
      throw new HistoryError('corrupt', `its columns are invalid: ${error.message}`, error);
    throw error;
  }
}
