import type { WireForm } from './wire-form.ts';

/** RFC 6455, 5.2: the whole message in this frame, opcode text or binary. */
const FINAL_TEXT = 0x81;
const FINAL_BINARY = 0x82;
/** Longest payload whose length fits into the header's second byte, and into two more. */
const SHORT = 125;
const MEDIUM = 0xffff;

/** One or more encoded messages as one finished WebSocket message, the same bytes for all recipients. */
export type Frame = {
  readonly isText: boolean;
  readonly payload: Buffer;
  /** Header and payload as written to the socket: a server's frames are not masked. */
  readonly wire: Buffer;
};

/** Joins encoded messages of one form (P4). */
export function frameOf(form: WireForm, encoded: readonly Buffer[]): Frame {
  const { isText, separator } = form;
  const parts = form.repeatedLength === undefined ? encoded : withoutRepeats(form, encoded);
  let length = separator.length * Math.max(0, parts.length - 1);
  for (const each of parts) length += each.length;
  const headerLength = length <= SHORT ? 2 : length <= MEDIUM ? 4 : 10;
  const wire = Buffer.allocUnsafe(headerLength + length);
  wire[0] = isText ? FINAL_TEXT : FINAL_BINARY;
  if (length <= SHORT) wire[1] = length;
  else if (length <= MEDIUM) {
    wire[1] = 126;
    wire.writeUInt16BE(length, 2);
  } else {
    wire[1] = 127;
    wire.writeBigUInt64BE(BigInt(length), 2);
  }
  let at = headerLength;
  for (const each of parts) {
    if (at > headerLength && separator.length > 0) {
      wire.set(separator, at);
      at += separator.length;
    }
    wire.set(each, at);
    at += each.length;
  }
  return { isText, wire, payload: wire.subarray(headerLength) };
}

function withoutRepeats(form: WireForm, encoded: readonly Buffer[]): readonly Buffer[] {
  return encoded.map((each, i) => {
    const before = encoded[i - 1];
    const length = before === undefined ? 0 : (form.repeatedLength?.(before, each) ?? 0);
    return length === 0 ? each : each.subarray(length);
  });
}
