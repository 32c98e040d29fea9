import { readBinaryFrame } from '../binary/binary-decoder.ts';
import { readDownFrame } from '../down-frame.ts';
import type { DownMessage } from '../down.ts';

/** A frame from the feed: text is JSON, bytes are the binary form (section 12). */
export type WireFrame = string | Uint8Array;

/**
 * The messages of a frame, in either form.
 * @throws FrameError when any part is invalid. Treat the whole frame as lost.
 */
export function readWireFrame(frame: WireFrame): DownMessage[] {
  return typeof frame === 'string' ? readDownFrame(frame) : readBinaryFrame(frame);
}

const HELLO = '{"type":"hello"';
/** Kind and length precede the JSON of a record (P4a): at most nine bytes. */
const BEFORE_JSON = 9;

/** Whether a frame starts with `hello`. Only an accepted connection does. */
export function beginsWithHello(frame: WireFrame): boolean {
  if (typeof frame === 'string') return frame.startsWith(HELLO);
  return String.fromCharCode(...frame.subarray(0, BEFORE_JSON + HELLO.length)).includes(HELLO);
}
