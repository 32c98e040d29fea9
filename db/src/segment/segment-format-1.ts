/*
 * The deltas of a segment in format 1: decoded from files of older versions, and encoded as the canonical form for
 * the digest of a session, so that the same recording has the same digest in any file format.
 *
 *   keyframe  = sequence eventTime lag sizeUnit nBids nAsks | bid prices | ask prices | bid sizes | ask sizes
 *   deltas    = sequence eventTime lag of the keyframe | count sizeUnit chained | [previous steps] | sequence spans
 *               | eventTime steps | lag steps | nBids nAsks per delta | bid prices | ask prices | bid sizes, ask sizes
 *
 * `chained` 1: every delta follows the one before, so `previous` is not written. Levels within a delta keep their
 * order.
 */
import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import type { Level } from '@tapedeck/market/number/level';

import type { DeltaColumns } from './delta-columns.ts';
import { greatestCommonDivisor } from './greatest-common-divisor.ts';
import { VarintReader, type VarintWriter } from './varint.ts';

function unitOf(unit: number, levels: readonly Level[]): number {
  let result = unit;
  for (let i = 0; i < levels.length && result !== 1; i++) {
    const size = (levels[i] as Level)[1];
    if (size !== 0) result = greatestCommonDivisor(size, result);
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

/** The payload of a keyframe, not compressed. */
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

/** The payload of the deltas that follow `keyframe`, not compressed. */
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
 * Decodes a payload of `encodeDeltas` into `columns`, replacing their content. @throws RangeError if it is malformed.
 */
export function decodeDeltas(payload: Uint8Array, columns: DeltaColumns): void {
  const reader = new VarintReader(payload);
  columns.clear();
  let sequence = reader.unsigned();
  const startTime = reader.unsigned();
  const startLag = reader.step(startTime) - startTime;
  const count = reader.unsigned();
  const unit = reader.unsigned();
  const chained = reader.unsigned() === 1;
  if (count > payload.length) throw new RangeError(`${count} deltas in ${payload.length} bytes`);
  columns.reserve(count);
  columns.length = count;
  const { previous, bids, asks, bidEnds, askEnds } = columns;
  for (let i = 0; i < count; i++) previous[i] = chained ? 0 : reader.step(0);
  for (let i = 0; i < count; i++) {
    previous[i] = sequence + (previous[i] as number);
    sequence = reader.step(previous[i] as number);
    columns.sequence[i] = sequence;
  }
  readSteps(reader, columns.eventTime, count, startTime);
  readSteps(reader, columns.receiveTime, count, startLag);
  let bidTotal = 0;
  let askTotal = 0;
  for (let i = 0; i < count; i++) {
    columns.receiveTime[i] = (columns.receiveTime[i] as number) + (columns.eventTime[i] as number);
    bidEnds[i] = bidTotal += reader.unsigned();
    askEnds[i] = askTotal += reader.unsigned();
  }
  if (bidTotal + askTotal > reader.left) throw new RangeError('more levels than bytes');
  bids.reserve(bidTotal);
  asks.reserve(askTotal);
  bids.length = bidTotal;
  asks.length = askTotal;
  readSteps(reader, bids.prices, bidTotal, 0);
  readSteps(reader, asks.prices, askTotal, 0);
  let bid = 0;
  let ask = 0;
  for (let i = 0; i < count; i++) {
    for (; bid < (bidEnds[i] as number); bid++) bids.sizes[bid] = reader.unsigned() * unit;
    for (; ask < (askEnds[i] as number); ask++) asks.sizes[ask] = reader.unsigned() * unit;
  }
  if (!reader.atEnd) throw new RangeError('bytes after the last column');
}

function readSteps(reader: VarintReader, values: Float64Array, count: number, start: number): void {
  let value = start;
  for (let i = 0; i < count; i++) values[i] = value = reader.step(value);
}
