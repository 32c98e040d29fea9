/*
 * Books in the binary form (P4f). The feed sends levels best first, so each level is encoded as its distance from the
 * previous one, and its size. The first ask price is relative to the first bid price.
 */
import type { Level } from '../../number/level.ts';
import type { BookDeltaMessage, BookSnapshotMessage } from '../book.ts';
import { FrameError } from '../down-frame.ts';
import { type ByteReader, count, integer } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { readFlags } from './record-flags.ts';
import { BOOK_FLAG } from './record-kind.ts';
import { readScale, SizedPairs, type SizeScale, writeScale } from './size-scale.ts';

/** Maximum length of `epoch` (P13). */
const MAX_EPOCH = 40;

/** `sendTime` is the frame's clock. */
export function writeBookSnapshot(writer: ByteWriter, message: BookSnapshotMessage): void {
  const { digest, sendTime } = message;
  const scale = measureSides(message);
  writer.byte(BOOK_FLAG.checksum | (digest === undefined ? 0 : BOOK_FLAG.digest));
  writeScale(writer, scale);
  writer.varint(message.channel);
  writer.ascii(message.epoch);
  writer.varint(message.sequence);
  writer.zigzag(sendTime - message.eventTime);
  writer.zigzag(sendTime - message.receiveTime);
  writeSides(writer, message, scale);
  writer.uint32(message.checksum);
  if (digest !== undefined) writer.uint32(digest);
}

export function readBookSnapshot(reader: ByteReader, sendTime: number): BookSnapshotMessage {
  const flags = readFlags(reader, BOOK_FLAG.checksum | BOOK_FLAG.digest);
  if ((flags & BOOK_FLAG.checksum) === 0) throw new FrameError('a snapshot has no checksum');
  const scale = readScale(reader);
  const channel = reader.varint();
  const epoch = reader.ascii();
  if (epoch === '' || epoch.length > MAX_EPOCH)
    throw new FrameError(`an epoch of ${epoch.length} characters`);
  const sequence = reader.varint();
  const eventTime = count(sendTime - reader.zigzag());
  const receiveTime = count(sendTime - reader.zigzag());
  const { bids, asks } = readSides(reader, scale);
  const checksum = reader.uint32();
  return {
    type: 'book-snapshot',
    channel,
    epoch,
    sequence,
    eventTime,
    receiveTime,
    sendTime,
    bids,
    asks,
    checksum,
    ...((flags & BOOK_FLAG.digest) === 0 ? {} : { digest: reader.uint32() }),
  };
}

/** `sendTime` is the frame's clock. A delta whose `merged` is not `sequence - previous` does not fit. */
export function writeBookDelta(writer: ByteWriter, message: BookDeltaMessage): void {
  const { checksum, digest, previous, sequence } = message;
  const scale = measureSides(message);
  if (message.merged !== sequence - previous) writer.fits = false;
  writer.byte(
    (checksum === undefined ? 0 : BOOK_FLAG.checksum) |
      (digest === undefined ? 0 : BOOK_FLAG.digest),
  );
  writeScale(writer, scale);
  writer.varint(message.channel);
  writer.varint(previous);
  writer.varint(sequence - previous);
  writer.zigzag(message.sendTime - message.eventTime);
  writeSides(writer, message, scale);
  if (checksum !== undefined) writer.uint32(checksum);
  if (digest !== undefined) writer.uint32(digest);
}

export function readBookDelta(reader: ByteReader, sendTime: number): BookDeltaMessage {
  const flags = readFlags(reader, BOOK_FLAG.checksum | BOOK_FLAG.digest);
  const scale = readScale(reader);
  const channel = reader.varint();
  const previous = reader.varint();
  const merged = reader.varint();
  const sequence = count(previous + merged);
  const eventTime = count(sendTime - reader.zigzag());
  const { bids, asks } = readSides(reader, scale);
  return {
    type: 'book-delta',
    channel,
    previous,
    sequence,
    merged,
    eventTime,
    sendTime,
    bids,
    asks,
    ...((flags & BOOK_FLAG.checksum) === 0 ? {} : { checksum: reader.uint32() }),
    ...((flags & BOOK_FLAG.digest) === 0 ? {} : { digest: reader.uint32() }),
  };
}

type Sides = { readonly bids: readonly Level[]; readonly asks: readonly Level[] };

const pairs = /* @__PURE__ */ new SizedPairs();

/** Collects the levels in `pairs`, bids first, and returns their best scale. */
function measureSides({ bids, asks }: Sides): SizeScale {
  pairs.clear();
  measure(bids, -1);
  measure(asks, 1);
  return pairs.scale();
}

/** A step is the distance minus one, as prices are unique. It is negative if the levels are out of order. */
function measure(levels: readonly Level[], sign: 1 | -1): void {
  let before = (levels[0]?.[0] ?? 0) - sign;
  for (const level of levels) {
    const price = level[0];
    pairs.add(level[1], (price - before) * sign - 1);
    before = price;
  }
}

/** Writes the levels that were measured last. */
function writeSides(writer: ByteWriter, { bids, asks }: Sides, scale: SizeScale): void {
  writer.varint(bids.length);
  writer.varint(asks.length);
  const bid = bids[0]?.[0];
  const ask = asks[0]?.[0];
  if (bid !== undefined) writer.zigzag(bid);
  if (ask !== undefined) writer.zigzag(ask - (bid ?? 0));
  for (let i = 0; i < bids.length + asks.length; i++) pairs.write(writer, scale, i);
}

function readSides(reader: ByteReader, scale: SizeScale): Sides {
  const bidCount = reader.size();
  const askCount = reader.size();
  const bid = bidCount === 0 ? 0 : integer(reader.zigzag());
  const ask = askCount === 0 ? 0 : integer(bid + reader.zigzag());
  const bids = readLevels(reader, bidCount, bid, -1, scale);
  return { bids, asks: readLevels(reader, askCount, ask, 1, scale) };
}

function readLevels(
  reader: ByteReader,
  length: number,
  first: number,
  sign: 1 | -1,
  { ten, split }: SizeScale,
): readonly Level[] {
  const levels: Level[] = [];
  let price = first;
  for (let i = 0; i < length; i++) {
    const size = count(reader.pair(split) * ten);
    if (i > 0) price = integer(price + sign * (reader.small + 1));
    else if (reader.small !== 0) throw new FrameError('the first level has a step');
    levels.push([price, size]);
  }
  return levels;
}
