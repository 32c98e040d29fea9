import { FrameError } from '../down-frame.ts';

/** Seven groups of seven bits give 49 bits; the eighth holds the remaining 4 of 53. */
const MAX_VARINT_BYTES = 8;

/**
 * Reads the numbers of the binary form (P4b) from untrusted bytes. Methods throw a FrameError rather than read beyond
 * the end or return a number that the protocol does not allow.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #end: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  /** The next byte, without consuming it; undefined at the end. */
  peek(): number | undefined {
    return this.left > 0 ? this.#bytes[this.#at] : undefined;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined || this.#at >= this.#end) throw new FrameError('a record is cut short');
    this.#at++;
    return byte;
  }

  /** LEB128, at most 2^53 - 1. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return count(value);
      scale *= 0x80;
    }
    throw new FrameError('a number has more than eight bytes');
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  uint32(): number {
    return (this.byte() | (this.byte() << 8) | (this.byte() << 16) | (this.byte() << 24)) >>> 0;
  }

  /** Length and ASCII characters. */
  ascii(): string {
    return this.characters(this.size());
  }

  /** A count of bytes, or of items of at least one byte each, that follow. Never more than the remaining bytes. */
  size(): number {
    const size = this.varint();
    if (size > this.left) throw new FrameError(`${size} are announced, ${this.left} bytes left`);
    return size;
  }

  /** `length` ASCII characters; the bytes must be available. */
  characters(length: number): string {
    let text = '';
    for (let i = 0; i < length; i++) {
      const code = this.byte();
      if (code > 0x7f) throw new FrameError('a text is not ASCII');
      text += String.fromCharCode(code);
    }
    return text;
  }

  /** Limits reading to the next `length` bytes. Returns the previous end, for `leave`. */
  enter(length: number): number {
    const outer = this.#end;
    this.#end = this.#at + length;
    return outer;
  }

  /** Continues after the entered bytes, whether they were read or not. */
  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = outer;
  }

  /** Reads a pair: returns its size and keeps its small number for `small`. */
  pair(split: number): number {
    const value = this.varint();
    const base = 1 << split;
    const low = value % base;
    this.small = low === base - 1 ? count(low + this.varint()) : low;
    return (value - low) / base;
  }

  /** The small number of the last pair. */
  small = 0;
}

/** Returns `value` if it is a non-negative safe integer. @throws FrameError otherwise. */
export function count(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new FrameError(`${value} is not a count below 2^53`);
}

/** Returns `value` if it is a safe integer. @throws FrameError otherwise. */
export function integer(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new FrameError(`${value} is not an integer below 2^53`);
}
