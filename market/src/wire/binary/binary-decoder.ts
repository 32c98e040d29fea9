/*
 * Decodes binary frames (P4a) to the same messages as `readDownFrame` does from text. The bytes are untrusted: any
 * input gives valid messages or a FrameError, in time and memory proportional to its length.
 */
import { FrameError, readDownMessage } from '../down-frame.ts';
import type { DownMessage } from '../down.ts';
import { readBookDelta, readBookSnapshot } from './book-record.ts';
import { ByteReader } from './byte-reader.ts';
import { readHeartbeat } from './heartbeat-record.ts';
import { EXTENDED, KIND } from './record-kind.ts';
import { readCandle, readTicker, readTrades } from './tape-record.ts';

/**
 * The messages of a frame; records of unknown kinds are skipped.
 * @throws FrameError when any record is invalid. Treat the whole frame as lost.
 */
export function readBinaryFrame(frame: Uint8Array): DownMessage[] {
  const messages: DownMessage[] = [];
  const reader = new ByteReader(frame);
  let clock: number | undefined;
  while (reader.left > 0) {
    const kind = reader.byte();
    if (kind === KIND.clock) {
      clock = reader.varint();
      continue;
    }
    const outer = reader.enter(reader.size());
    const mayBeLonger = ((reader.peek() ?? 0) & EXTENDED) !== 0;
    const message = readRecord(kind, reader, clock);
    if (message !== undefined) messages.push(message);
    if (message !== undefined && reader.left > 0 && !mayBeLonger)
      throw new FrameError(`a record of kind ${kind} has ${reader.left} bytes too many`);
    reader.leave(outer);
  }
  return messages;
}

function readRecord(
  kind: number,
  reader: ByteReader,
  clock: number | undefined,
): DownMessage | undefined {
  switch (kind) {
    case KIND.json:
      return readDownMessage(reader.characters(reader.left));
    case KIND.bookSnapshot:
      return readBookSnapshot(reader, told(clock));
    case KIND.bookDelta:
      return readBookDelta(reader, told(clock));
    case KIND.trades:
      return readTrades(reader, told(clock));
    case KIND.candle:
      return readCandle(reader);
    case KIND.ticker:
      return readTicker(reader);
    case KIND.heartbeat:
      return readHeartbeat(reader);
    default:
      return undefined;
  }
}

function told(clock: number | undefined): number {
  if (clock === undefined) throw new FrameError('a record needs a clock before it');
  return clock;
}
