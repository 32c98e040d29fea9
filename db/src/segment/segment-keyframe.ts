/*
 * A full book as bytes, the same in formats 1 and 2:
 *
 *   sequence eventTime lag sizeUnit nBids nAsks | bid prices | ask prices | bid sizes | ask sizes
 *
 * Prices are varint steps between levels, `lag` is receiveTime - eventTime, `sizeUnit` is the greatest common divisor
 * of the sizes. In format 2, a segment that continues the previous one may store only the CRC of these bytes: see
 * `segment-seal.ts`.
 */
import type { BookSnapshot } from '@tapedeck/market/book/book-delta';
import type { BookSide } from '@tapedeck/market/book/book-side';
import type { OrderBook } from '@tapedeck/market/book/order-book';
import type { Level } from '@tapedeck/market/number/level';

import { greatestCommonDivisor } from './greatest-common-divisor.ts';
import { guardColumns } from './segment-seal.ts';
import { VarintReader, type VarintWriter } from './varint.ts';

/** The keyframe payload of a book; the same bytes as `encodeKeyframe(book.snapshot(), writer)`. */
export function encodeBook(book: OrderBook, writer: VarintWriter): Uint8Array {
  const { bids, asks } = book;
  const unit = unitOf(asks, unitOf(bids, 0)) || 1;
  writer.reset();
  writer.unsigned(book.sequence);
  writer.unsigned(book.eventTime);
  writer.step(book.receiveTime, book.eventTime);
  writer.unsigned(unit);
  writer.unsigned(bids.length);
  writer.unsigned(asks.length);
  writePrices(asks, writePrices(bids, 0, writer), writer);
  writeSizes(bids, unit, writer);
  writeSizes(asks, unit, writer);
  return writer.bytes();
}

function unitOf(side: BookSide, start: number): number {
  let unit = start;
  for (let i = 0; i < side.length && unit !== 1; i++)
    unit = greatestCommonDivisor(side.sizeAt(i), unit);
  return unit;
}

function writePrices(side: BookSide, start: number, writer: VarintWriter): number {
  let price = start;
  for (let i = 0; i < side.length; i++) {
    const next = side.priceAt(i) as number;
    writer.step(next, price);
    price = next;
  }
  return price;
}

function writeSizes(side: BookSide, unit: number, writer: VarintWriter): void {
  for (let i = 0; i < side.length; i++) writer.unsigned(side.sizeAt(i) / unit);
}

/** The book of a keyframe payload. */
export function decodeKeyframe(payload: Uint8Array): BookSnapshot {
  return guardColumns(() => {
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

function pair(prices: Float64Array, sizes: Float64Array, from: number, to: number): Level[] {
  const levels: Level[] = new Array<Level>(to - from);
  for (let i = from; i < to; i++) levels[i - from] = [prices[i] as number, sizes[i] as number];
  return levels;
}
