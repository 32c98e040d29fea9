/*
 * Encodes messages as binary records (P4a). Each encoded message is a complete frame, so one encoding serves every
 * subscriber, and frames are joined by concatenation, dropping the bytes that `repeatedLength` counts. A message that
 * a compact record cannot represent is sent as a JSON record: nothing is rounded or lost.
 */
import type { DownMessage } from '../down.ts';
import { writeBookDelta, writeBookSnapshot } from './book-record.ts';
import { ByteWriter } from './byte-writer.ts';
import { writeHeartbeat } from './heartbeat-record.ts';
import { KIND } from './record-kind.ts';
import { writeCandle, writeTicker, writeTrades } from './tape-record.ts';

const head = new ByteWriter();
const body = new ByteWriter();

/** Encodes one message as a frame. */
export function encodeBinary(message: DownMessage): Uint8Array {
  body.clear();
  head.clear();
  let kind = writeCompact(message);
  if (kind === KIND.json || !body.fits) {
    body.clear();
    body.characters(asciiJson(message));
    kind = KIND.json;
  }
  if (isClocked(kind) && 'sendTime' in message) {
    head.byte(KIND.clock);
    head.varint(message.sendTime);
  }
  head.byte(kind);
  head.varint(body.length);
  const frame = new Uint8Array(head.length + body.length);
  head.copyTo(frame, 0);
  body.copyTo(frame, head.length);
  return frame;
}

/** Writes the message to `body` and returns its record kind. */
function writeCompact(message: DownMessage): number {
  switch (message.type) {
    case 'book-snapshot':
      // The clock must fit as well.
      body.fits = isClock(message.sendTime);
      writeBookSnapshot(body, message);
      return KIND.bookSnapshot;
    case 'book-delta':
      body.fits = isClock(message.sendTime);
      writeBookDelta(body, message);
      return KIND.bookDelta;
    case 'trades':
      body.fits = isClock(message.sendTime);
      writeTrades(body, message);
      return KIND.trades;
    case 'candle':
      writeCandle(body, message);
      return KIND.candle;
    case 'ticker':
      writeTicker(body, message);
      return KIND.ticker;
    case 'heartbeat':
      writeHeartbeat(body, message);
      return KIND.heartbeat;
    default:
      // Rare messages: not worth the code of a compact record.
      return KIND.json;
  }
}

function isClocked(kind: number): boolean {
  return kind === KIND.bookSnapshot || kind === KIND.bookDelta || kind === KIND.trades;
}

function isClock(time: number): boolean {
  return Number.isSafeInteger(time) && time >= 0;
}

/** JSON in ASCII, so that its length in characters equals its length in bytes. */
function asciiJson(message: DownMessage): string {
  return JSON.stringify(message).replaceAll(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Joins frames into one, without redundant clocks. */
export function joinBinary(frames: readonly Uint8Array[]): Uint8Array {
  const parts = frames.map((frame, i) => {
    const before = frames[i - 1];
    return before === undefined ? frame : frame.subarray(repeatedLength(before, frame));
  });
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Number of leading bytes of a frame to drop when it follows another: a clock equal to the current one (P4c). */
export function repeatedLength(before: Uint8Array, frame: Uint8Array): number {
  if (frame[0] !== KIND.clock) return 0;
  let clockAt = -1;
  for (let at = 0; at < before.length;) {
    const kind = before[at] ?? 0;
    if (kind === KIND.clock) clockAt = at;
    let length = 0;
    let scale = 1;
    let byte: number;
    do {
      byte = before[++at] ?? 0;
      length += (byte & 0x7f) * scale;
      scale *= 0x80;
    } while (byte > 0x7f);
    at += kind === KIND.clock ? 1 : length + 1;
  }
  if (clockAt < 0) return 0;
  // A varint is self-delimiting, so equal bytes are equal clocks.
  for (let i = 1; ; i++) {
    const byte = frame[i] ?? 0;
    if (byte !== before[clockAt + i]) return 0;
    if (byte <= 0x7f) return i + 1;
  }
}
