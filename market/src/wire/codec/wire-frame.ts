import { readBinaryFrame } from '../binary/binary-decoder.ts';
import { readDownFrame } from '../down-frame.ts';
import type { DownMessage } from '../down.ts';

/** A frame of the feed in either form: text is JSON, bytes are the binary form (section 12). */
export type WireFrame = string | Uint8Array;

/**
 * The messages of a frame, whatever its form.
 * @throws FrameError when any part is not what the protocol says: the whole frame is then to be treated as lost.
 */
export function readWireFrame(frame: WireFrame): DownMessage[] {
  return typeof frame === 'string' ? readDownFrame(frame) : readBinaryFrame(frame);
}

const HELLO = '{"type":"hello"';
/** Kind and length stand before the JSON of a record (P4a): at most nine bytes. */
const BEFORE_JSON = 9;

/** Whether a frame begins with `hello`: only a connection that was let in begins so. */
export function beginsWithHello(frame: WireFrame): boolean {
  if (typeof frame === 'string') return frame.startsWith(HELLO);
  return String.fromCharCode(...frame.subarray(0, BEFORE_JSON + HELLO.length)).includes(HELLO);
}
