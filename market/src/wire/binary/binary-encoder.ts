/*
 * Messages as records of the binary form (P4a). Each encoded message is a whole frame by itself, so one encoding serves
 * every subscriber, and frames are joined by putting them one behind the other; `joinBinary` only leaves out clocks
 * that say again what the one before said. What a compact record cannot say goes as JSON inside a record: nothing is
 * ever rounded or left out.
 */
import type { DownMessage } from '../down.ts';
import { writeBookDelta, writeBookSnapshot } from './book-record.ts';
import { ByteWriter } from './byte-writer.ts';
import { writeHeartbeat } from './heartbeat-record.ts';
import { KIND } from './record-kind.ts';
import { writeCandle, writeTicker, writeTrades } from './tape-record.ts';

const head = new ByteWriter();
const body = new ByteWriter();

/** One message as a frame. */
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

/** The kind of what was written to `body`. */
function writeCompact(message: DownMessage): number {
  switch (message.type) {
    case 'book-snapshot':
      // Its clock must fit, too.
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
    case 'hello':
    case 'subscribed':
    case 'unsubscribed':
    case 'channel-state':
    case 'reset':
    case 'tier':
    case 'replay-state':
    case 'error':
    case 'pong':
      // Rare: the names of their fields cost less than the code to leave them out.
      return KIND.json;
  }
}

function isClocked(kind: number): boolean {
  return kind === KIND.bookSnapshot || kind === KIND.bookDelta || kind === KIND.trades;
}

function isClock(time: number): boolean {
  return Number.isSafeInteger(time) && time >= 0;
}

/** JSON whose characters are all ASCII, so that its length in characters is that in bytes. */
function asciiJson(message: DownMessage): string {
  return JSON.stringify(message).replaceAll(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Frames of `encodeBinary` as one frame. */
export function joinBinary(frames: readonly Uint8Array[]): Uint8Array {
  const [only] = frames;
  if (only !== undefined && frames.length === 1) return only;
  const parts: Uint8Array[] = [];
  let clock: Uint8Array | undefined;
  let length = 0;
  for (const each of frames) {
    const clockLength = clockLengthOf(each);
    const isAgain = clockLength > 0 && clock !== undefined && beginsWith(each, clock);
    const part = isAgain ? each.subarray(clockLength) : each;
    if (clockLength > 0) clock = each.subarray(0, clockLength);
    parts.push(part);
    length += part.length;
  }
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Bytes of the clock that a frame begins with; 0 where it begins with something else. */
function clockLengthOf(bytes: Uint8Array): number {
  if (bytes[0] !== KIND.clock) return 0;
  let at = 1;
  while ((bytes[at] ?? 0) > 0x7f) at++;
  return at + 1;
}

/** A varint says itself where it ends, so equal beginnings are equal clocks. */
function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[i] !== start[i]) return false;
  return true;
}
