/*
 * A segment as bytes (H1). Columns of integers, each column a run of varint steps, because neighbours are alike:
 *
 *   blob      = version u8 | flags u8 | crc32 u32le of the payload | payload, deflated where flags has DEFLATED
 *   keyframe  = sequence eventTime lag sizeUnit nBids nAsks | bid prices | ask prices | bid sizes | ask sizes
 *   deltas    = sequence eventTime lag of the keyframe | count sizeUnit chained | [previous steps] | sequence spans
 *               | eventTime steps | lag steps | nBids nAsks per delta | bid prices | ask prices | bid sizes, ask sizes
 *
 * Deltas are read without their keyframe: whoever reads on in order has the book already.
 *
 * `lag` is receiveTime - eventTime, nearly constant. `sizeUnit` is the greatest common divisor of the sizes: a lot is
 * often far smaller than what people trade. `chained` 1 says that every delta follows the one before, so its
 * `previous` is not written. Order of levels within a delta is kept as given.
 */
import { createHash } from 'node:crypto';
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';

import type { BookDelta, BookSnapshot } from '@tapedeck/market/book-delta';
import type { Level } from '@tapedeck/market/level';

import { HistoryError } from './history-error.ts';
import { VarintReader, type VarintWriter } from './varint.ts';

const VERSION = 1;
const DEFLATED = 1;
const HEADER_BYTES = 6;
/** Below this a deflate block's own header eats the gain. */
const MIN_DEFLATE_BYTES = 256;
/** Deflate costs more than half of the write rate: it must save at least a sixteenth of the bytes. */
const WORTHWHILE = 15 / 16;
/** A segment has a few KiB: a larger window would only cost its clearing, which is most of deflate's work here. */
const DEFLATE = { level: 1, windowBits: 12, memLevel: 5 } as const;
/** After a try that did not pay so many payloads of the same kind go uncompressed. */
const SKIPPED_TRIES = 15;

/** The greatest common divisor of sizes that is worth finding; it drops to 1 within a few real sizes. */
function gcd(a: number, b: number): number {
  let x = a;
  let y = b;
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

function unitOf(unit: number, levels: readonly Level[]): number {
  let result = unit;
  for (let i = 0; i < levels.length && result !== 1; i++) {
    const size = (levels[i] as Level)[1];
    if (size !== 0) result = gcd(size, result);
  }
  return result;
}

function writePrices(writer: VarintWriter, levels: readonly Level[], start: number): number {
  let price = start;
  for (const level of levels) {
    writer.step(level[0], price);
    price = level[0];
  }
  return price;
}

function writeSizes(writer: VarintWriter, levels: readonly Level[], unit: number): void {
  for (const level of levels) writer.unsigned(level[1] / unit);
}

/** The payload of a keyframe, uncompressed. */
export function encodeKeyframe(book: BookSnapshot, writer: VarintWriter): Uint8Array {
  writer.reset();
  const unit = unitOf(unitOf(0, book.bids), book.asks) || 1;
  writer.unsigned(book.sequence);
  writer.unsigned(book.eventTime);
  writer.step(book.receiveTime, book.eventTime);
  writer.unsigned(unit);
  writer.unsigned(book.bids.length);
  writer.unsigned(book.asks.length);
  writePrices(writer, book.asks, writePrices(writer, book.bids, 0));
  writeSizes(writer, book.bids, unit);
  writeSizes(writer, book.asks, unit);
  return writer.bytes();
}

/** The payload of the deltas that follow `keyframe`, uncompressed. */
export function encodeDeltas(
  keyframe: BookSnapshot,
  deltas: readonly BookDelta[],
  writer: VarintWriter,
): Uint8Array {
  writer.reset();
  let unit = 0;
  let chained = 1;
  let sequence = keyframe.sequence;
  for (const delta of deltas) {
    if (unit !== 1) unit = unitOf(unitOf(unit, delta.bids), delta.asks);
    if (delta.previous !== sequence) chained = 0;
    sequence = delta.sequence;
  }
  unit ||= 1;
  writer.unsigned(keyframe.sequence);
  writer.unsigned(keyframe.eventTime);
  writer.step(keyframe.receiveTime, keyframe.eventTime);
  writer.unsigned(deltas.length);
  writer.unsigned(unit);
  writer.unsigned(chained);
  if (chained === 0) {
    sequence = keyframe.sequence;
    for (const delta of deltas) {
      writer.step(delta.previous, sequence);
      sequence = delta.sequence;
    }
  }
  for (const delta of deltas) writer.step(delta.sequence, delta.previous);
  let time = keyframe.eventTime;
  for (const delta of deltas) {
    writer.step(delta.eventTime, time);
    time = delta.eventTime;
  }
  let lag = keyframe.receiveTime - keyframe.eventTime;
  for (const delta of deltas) {
    const next = delta.receiveTime - delta.eventTime;
    writer.step(next, lag);
    lag = next;
  }
  for (const delta of deltas) {
    writer.unsigned(delta.bids.length);
    writer.unsigned(delta.asks.length);
  }
  let price = 0;
  for (const delta of deltas) price = writePrices(writer, delta.bids, price);
  price = 0;
  for (const delta of deltas) price = writePrices(writer, delta.asks, price);
  for (const delta of deltas) {
    writeSizes(writer, delta.bids, unit);
    writeSizes(writer, delta.asks, unit);
  }
  return writer.bytes();
}

/**
 * Deflates payloads of one kind (keyframes, or deltas) where that pays. Whether it does is a property of the market,
 * so after a try that did not pay the next ones are not tried.
 */
export class PayloadSealer {
  #skip = 0;

  /** Puts version and CRC before a payload. */
  seal(payload: Uint8Array, compress: boolean): Buffer {
    const body = compress ? this.#deflate(payload) : payload;
    const blob = Buffer.allocUnsafe(HEADER_BYTES + body.length);
    blob[0] = VERSION;
    blob[1] = body === payload ? 0 : DEFLATED;
    blob.writeUInt32LE(crc32(payload), 2);
    blob.set(body, HEADER_BYTES);
    return blob;
  }

  #deflate(payload: Uint8Array): Uint8Array {
    if (payload.length < MIN_DEFLATE_BYTES) return payload;
    if (this.#skip > 0) {
      this.#skip--;
      return payload;
    }
    const deflated = deflateRawSync(payload, DEFLATE);
    if (deflated.length <= payload.length * WORTHWHILE) return deflated;
    this.#skip = SKIPPED_TRIES;
    return payload;
  }
}

/** The payload of a blob. @throws HistoryError `corrupt` where version, CRC or stream do not hold. */
export function openPayload(blob: Uint8Array): Uint8Array {
  const version = blob[0];
  if (blob.length < HEADER_BYTES || version === undefined)
    throw new HistoryError('corrupt', `segment of ${blob.length} bytes is cut short`);
  if (version !== VERSION)
    throw new HistoryError(
      'newer',
      `segment format ${version} is not known here (this is ${VERSION})`,
    );
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const expected = view.getUint32(2, true);
  const body = blob.subarray(HEADER_BYTES);
  let payload: Uint8Array = body;
  if (((blob[1] ?? 0) & DEFLATED) !== 0) {
    try {
      payload = inflateRawSync(body);
    } catch (error) {
      throw new HistoryError('corrupt', 'segment does not inflate', error);
    }
  }
  const actual = crc32(payload);
  if (actual !== expected)
    throw new HistoryError('corrupt', `segment has CRC ${actual}, its header says ${expected}`);
  return payload;
}

/** sha256 over both payloads: equal recordings have equal segments (H2), however they were compressed. */
export function segmentHash(keyframe: Uint8Array, deltas: Uint8Array): Buffer {
  return createHash('sha256').update(keyframe).update(deltas).digest();
}

/** The book of a keyframe payload. */
export function decodeKeyframe(payload: Uint8Array): BookSnapshot {
  return guarded(() => {
    const reader = new VarintReader(payload);
    const sequence = reader.unsigned();
    const eventTime = reader.unsigned();
    const receiveTime = reader.step(eventTime);
    const unit = reader.unsigned();
    const bidCount = reader.unsigned();
    const askCount = reader.unsigned();
    const prices = readSteps(reader, bidCount + askCount, 0);
    const sizes = readSizes(reader, bidCount + askCount, unit);
    const bids = pair(prices, sizes, 0, bidCount);
    const asks = pair(prices, sizes, bidCount, bidCount + askCount);
    return { sequence, eventTime, receiveTime, bids, asks };
  });
}

/** The deltas of a payload that `encodeDeltas` made. */
export function decodeDeltas(payload: Uint8Array): BookDelta[] {
  return guarded(() => {
    const reader = new VarintReader(payload);
    let sequence = reader.unsigned();
    const startTime = reader.unsigned();
    const startLag = reader.step(startTime) - startTime;
    const count = reader.unsigned();
    const unit = reader.unsigned();
    const chained = reader.unsigned() === 1;
    const previousSteps = new Float64Array(count);
    if (!chained) for (let i = 0; i < count; i++) previousSteps[i] = reader.step(0);
    const spans = new Float64Array(count);
    for (let i = 0; i < count; i++) spans[i] = reader.step(0);
    const times = readSteps(reader, count, startTime);
    const lags = readSteps(reader, count, startLag);
    const counts = new Uint32Array(count * 2);
    let bidTotal = 0;
    let askTotal = 0;
    for (let i = 0; i < count; i++) {
      bidTotal += counts[2 * i] = reader.unsigned();
      askTotal += counts[2 * i + 1] = reader.unsigned();
    }
    const bidPrices = readSteps(reader, bidTotal, 0);
    const askPrices = readSteps(reader, askTotal, 0);
    const deltas: BookDelta[] = new Array<BookDelta>(count);
    let bidAt = 0;
    let askAt = 0;
    for (let i = 0; i < count; i++) {
      const previous = sequence + (previousSteps[i] as number);
      sequence = previous + (spans[i] as number);
      const bids = readLevels(reader, bidPrices, bidAt, (bidAt += counts[2 * i] as number), unit);
      const asks = readLevels(
        reader,
        askPrices,
        askAt,
        (askAt += counts[2 * i + 1] as number),
        unit,
      );
      const eventTime = times[i] as number;
      const receiveTime = eventTime + (lags[i] as number);
      deltas[i] = { previous, sequence, eventTime, receiveTime, bids, asks };
    }
    if (!reader.atEnd) throw new RangeError('bytes after the last column');
    return deltas;
  });
}

function readSteps(reader: VarintReader, count: number, start: number): Float64Array {
  const values = new Float64Array(count);
  let value = start;
  for (let i = 0; i < count; i++) values[i] = value = reader.step(value);
  return values;
}

function readSizes(reader: VarintReader, count: number, unit: number): Float64Array {
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = reader.unsigned() * unit;
  return values;
}

const NO_LEVELS: readonly Level[] = [];

function readLevels(
  reader: VarintReader,
  prices: Float64Array,
  from: number,
  to: number,
  unit: number,
): readonly Level[] {
  if (from === to) return NO_LEVELS;
  const levels: Level[] = new Array<Level>(to - from);
  for (let i = from; i < to; i++)
    levels[i - from] = [prices[i] as number, reader.unsigned() * unit];
  return levels;
}

function pair(prices: Float64Array, sizes: Float64Array, from: number, to: number): Level[] {
  const levels: Level[] = new Array<Level>(to - from);
  for (let i = from; i < to; i++) levels[i - from] = [prices[i] as number, sizes[i] as number];
  return levels;
}

/** A CRC that holds over columns that do not is a writer's bug; say so as damage rather than as a RangeError. */
function guarded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof RangeError)
      throw new HistoryError('corrupt', `segment columns do not fit: ${error.message}`, error);
    throw error;
  }
}
