/*
 * The deltas of a segment as bytes (format 2): columns of varint steps, because adjacent values are similar.
 *
 *   sequence eventTime lag of the keyframe | count sizeUnit flags timeStep askBase
 *   | [previous steps] | [sequence spans] | [eventTime steps] | [lag steps] | bids and asks of each delta
 *   | bid prices | bits: which bid sizes are 0 | the other bid sizes | the same of the asks
 *
 * Deltas can be decoded without their keyframe, because a sequential reader already has the book. A column in [] is
 * omitted if `flags` says that all of its values are as expected. `timeStep` is the mean step, so that a steady
 * market costs one byte per delta; `lag` is receiveTime - eventTime, which is nearly constant; `sizeUnit` is the
 * greatest common divisor of the sizes, because lots are often much smaller than traded sizes. If the levels of each
 * delta are best first, as the recorder writes them, a delta's first level is relative to the first level of the
 * previous delta, and the others to the previous level; otherwise all are plain steps.
 */
import type { DeltaColumns, LevelColumns } from './delta-columns.ts';
import { greatestCommonDivisor } from './greatest-common-divisor.ts';
import { VarintReader, type VarintWriter } from './varint.ts';

/** Every delta follows the previous one. */
const CHAINED = 1;
/** Every delta is a single update. */
const SINGLE = 2;
/** Event times are `timeStep` apart. */
const STEADY = 4;
/** Every lag is that of the keyframe. */
const SAME_LAG = 8;
/** The levels of each delta are best first. */
const ORDERED = 16;
/** Unsigned steps are exact below this. */
const MAX_ORDERED_STEP = 2 ** 48;

/** The parts of the keyframe that the deltas need. */
export type SegmentStart = {
  readonly sequence: number;
  readonly eventTime: number;
  readonly receiveTime: number;
};

/** The payload of the deltas that follow `start`, uncompressed. Equal content gives equal bytes (H2). */
export function encodeColumns(
  start: SegmentStart,
  columns: DeltaColumns,
  writer: VarintWriter,
): Uint8Array {
  const { length, bids, asks, bidEnds, askEnds } = columns;
  const unit = unitOf(asks, unitOf(bids, 0)) || 1;
  const timeStep = meanStep(start, columns);
  const askBase = largestCount(askEnds, length) + 1;
  const flags = flagsOf(start, columns, timeStep);
  writer.reset();
  writer.unsigned(start.sequence);
  writer.unsigned(start.eventTime);
  writer.step(start.receiveTime, start.eventTime);
  writer.unsigned(length);
  writer.unsigned(unit);
  writer.unsigned(flags);
  writer.step(timeStep, 0);
  writer.unsigned(askBase);
  writeHeads(start, columns, writer, flags, timeStep);
  writeCounts(columns, writer, askBase);
  const isOrdered = (flags & ORDERED) !== 0;
  writeSide(bids, isOrdered ? bidEnds : undefined, length, unit, writer);
  writeSide(asks, isOrdered ? askEnds : undefined, length, unit, writer);
  return writer.bytes();
}

/** Decodes a payload of `encodeColumns` into `columns`, replacing their content. @throws RangeError if truncated. */
export function decodeColumns(payload: Uint8Array, columns: DeltaColumns): void {
  const reader = new VarintReader(payload);
  columns.clear();
  const sequence = reader.unsigned();
  const eventTime = reader.unsigned();
  const receiveTime = reader.step(eventTime);
  const count = reader.unsigned();
  const unit = reader.unsigned();
  const flags = reader.unsigned();
  const timeStep = reader.step(0);
  const askBase = reader.unsigned();
  // Each delta takes at least one byte: a larger count is damage, and must not cause an allocation.
  if (count > payload.length) throw new RangeError(`${count} deltas in ${payload.length} bytes`);
  columns.reserve(count);
  columns.length = count;
  readHeads({ sequence, eventTime, receiveTime }, columns, reader, flags, timeStep);
  readCounts(columns, reader, askBase);
  const isOrdered = (flags & ORDERED) !== 0;
  readSide(columns.bids, isOrdered ? columns.bidEnds : undefined, count, unit, reader);
  readSide(columns.asks, isOrdered ? columns.askEnds : undefined, count, unit, reader);
  if (!reader.atEnd) throw new RangeError('bytes after the last column');
}

function writeHeads(
  start: SegmentStart,
  columns: DeltaColumns,
  writer: VarintWriter,
  flags: number,
  timeStep: number,
): void {
  const { length, previous, sequence, eventTime, receiveTime } = columns;
  if ((flags & CHAINED) === 0) {
    let expected = start.sequence;
    for (let i = 0; i < length; i++) {
      writer.step(previous[i] as number, expected);
      expected = sequence[i] as number;
    }
  }
  if ((flags & SINGLE) === 0)
    for (let i = 0; i < length; i++) writer.step(sequence[i] as number, previous[i] as number);
  if ((flags & STEADY) === 0) {
    let time = start.eventTime;
    for (let i = 0; i < length; i++) {
      const next = eventTime[i] as number;
      writer.step(next - time, timeStep);
      time = next;
    }
  }
  if ((flags & SAME_LAG) !== 0) return;
  let lag = start.receiveTime - start.eventTime;
  for (let i = 0; i < length; i++) {
    const next = (receiveTime[i] as number) - (eventTime[i] as number);
    writer.step(next, lag);
    lag = next;
  }
}

function readHeads(
  start: SegmentStart,
  columns: DeltaColumns,
  reader: VarintReader,
  flags: number,
  timeStep: number,
): void {
  const { length, previous, sequence, eventTime, receiveTime } = columns;
  // Steps first: a sequence needs its `previous`, which needs the sequence before.
  const isChained = (flags & CHAINED) !== 0;
  for (let i = 0; i < length; i++) previous[i] = isChained ? 0 : reader.step(0);
  const isSingle = (flags & SINGLE) !== 0;
  let last = start.sequence;
  for (let i = 0; i < length; i++) {
    const before = last + (previous[i] as number);
    previous[i] = before;
    last = isSingle ? before + 1 : reader.step(before);
    sequence[i] = last;
  }
  const isSteady = (flags & STEADY) !== 0;
  let time = start.eventTime;
  for (let i = 0; i < length; i++) {
    time += isSteady ? timeStep : reader.step(timeStep);
    eventTime[i] = time;
  }
  const isSameLag = (flags & SAME_LAG) !== 0;
  let lag = start.receiveTime - start.eventTime;
  for (let i = 0; i < length; i++) {
    if (!isSameLag) lag = reader.step(lag);
    receiveTime[i] = (eventTime[i] as number) + lag;
  }
}

/** Number of bids and asks of a delta in one number, usually one byte. */
function writeCounts(columns: DeltaColumns, writer: VarintWriter, askBase: number): void {
  let bidStart = 0;
  let askStart = 0;
  for (let i = 0; i < columns.length; i++) {
    const bidEnd = columns.bidEnds[i] as number;
    const askEnd = columns.askEnds[i] as number;
    writer.unsigned((bidEnd - bidStart) * askBase + askEnd - askStart);
    bidStart = bidEnd;
    askStart = askEnd;
  }
}

function readCounts(columns: DeltaColumns, reader: VarintReader, askBase: number): void {
  const { bids, asks, bidEnds, askEnds } = columns;
  let bidEnd = 0;
  let askEnd = 0;
  for (let i = 0; i < columns.length; i++) {
    const both = reader.unsigned();
    const askCount = both % askBase;
    bidEnd += (both - askCount) / askBase;
    askEnd += askCount;
    bidEnds[i] = bidEnd;
    askEnds[i] = askEnd;
  }
  if (bidEnd + askEnd > reader.left) throw new RangeError(`${bidEnd + askEnd} levels do not fit`);
  bids.reserve(bidEnd);
  asks.reserve(askEnd);
  bids.length = bidEnd;
  asks.length = askEnd;
}

/** `ends` of each delta if its levels are best first. */
function writeSide(
  side: LevelColumns,
  ends: Float64Array | undefined,
  count: number,
  unit: number,
  writer: VarintWriter,
): void {
  const { prices, sizes, direction, length } = side;
  if (ends === undefined) {
    let price = 0;
    for (let i = 0; i < length; i++) {
      writer.step(prices[i] as number, price);
      price = prices[i] as number;
    }
  } else {
    let first = 0;
    let at = 0;
    for (let i = 0; i < count; i++) {
      const end = ends[i] as number;
      if (at === end) continue;
      let price = prices[at++] as number;
      writer.step(price, first);
      first = price;
      for (; at < end; at++) {
        const next = prices[at] as number;
        writer.unsigned((next - price) * direction);
        price = next;
      }
    }
  }
  writer.zeroBits(sizes, length);
  for (let i = 0; i < length; i++) {
    const size = sizes[i] as number;
    if (size !== 0) writer.unsigned(unit === 1 ? size : size / unit);
  }
}

function readSide(
  side: LevelColumns,
  ends: Float64Array | undefined,
  count: number,
  unit: number,
  reader: VarintReader,
): void {
  const { prices, sizes, direction, length } = side;
  if (ends === undefined) {
    let price = 0;
    for (let i = 0; i < length; i++) prices[i] = price = reader.step(price);
  } else {
    let first = 0;
    let at = 0;
    for (let i = 0; i < count; i++) {
      const end = ends[i] as number;
      if (at === end) continue;
      let price = reader.step(first);
      first = price;
      prices[at++] = price;
      for (; at < end; at++) prices[at] = price += direction * reader.unsigned();
    }
  }
  const bits = reader.take(Math.ceil(length / 8));
  for (let i = 0; i < length; i++) {
    const isZero = ((bits[i >> 3] as number) >> (i & 7)) & 1;
    sizes[i] = isZero === 1 ? 0 : reader.unsigned() * unit;
  }
}

function unitOf({ sizes, length }: LevelColumns, start: number): number {
  let unit = start;
  for (let i = 0; i < length && unit !== 1; i++) {
    const size = sizes[i] as number;
    if (size !== 0) unit = greatestCommonDivisor(size, unit);
  }
  return unit;
}

function meanStep(start: SegmentStart, { eventTime, length }: DeltaColumns): number {
  if (length === 0) return 0;
  return Math.round(((eventTime[length - 1] as number) - start.eventTime) / length);
}

function largestCount(ends: Float64Array, length: number): number {
  let most = 0;
  let start = 0;
  for (let i = 0; i < length; i++) {
    const end = ends[i] as number;
    if (end - start > most) most = end - start;
    start = end;
  }
  return most;
}

function flagsOf(start: SegmentStart, columns: DeltaColumns, timeStep: number): number {
  const { length, previous, sequence, eventTime, receiveTime } = columns;
  let flags = CHAINED | SINGLE | STEADY | SAME_LAG;
  let last = start.sequence;
  let time = start.eventTime;
  const lag = start.receiveTime - start.eventTime;
  for (let i = 0; i < length; i++) {
    if (previous[i] !== last) flags &= ~CHAINED;
    last = sequence[i] as number;
    if (last - (previous[i] as number) !== 1) flags &= ~SINGLE;
    const next = eventTime[i] as number;
    if (next - time !== timeStep) flags &= ~STEADY;
    time = next;
    if ((receiveTime[i] as number) - next !== lag) flags &= ~SAME_LAG;
  }
  const isOrdered =
    inOrder(columns.bids, columns.bidEnds, length) &&
    inOrder(columns.asks, columns.askEnds, length);
  return isOrdered ? flags | ORDERED : flags;
}

function inOrder(side: LevelColumns, ends: Float64Array, count: number): boolean {
  const { prices, direction } = side;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const end = ends[i] as number;
    for (at++; at < end; at++) {
      const step = ((prices[at] as number) - (prices[at - 1] as number)) * direction;
      if (step < 0 || step > MAX_ORDERED_STEP) return false;
    }
    at = end;
  }
  return true;
}
