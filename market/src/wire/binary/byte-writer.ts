const FIRST_CAPACITY = 4_096;
/** Length of the longest varint: 2^53 - 1 takes eight groups of seven bits. */
const MAX_VARINT_BYTES = 8;
const SHORT = 48;

/**
 * Writes the numbers of the binary form (P4b) into a reused buffer. A number that the form cannot represent
 * (negative, too large, not an integer) clears `fits`; the bytes written are then invalid.
 */
export class ByteWriter {
  fits = true;
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  /** Discards everything written. */
  clear(): void {
    this.#at = 0;
    this.fits = true;
  }

  /** Copies the written bytes into `target`, which must have room. */
  copyTo(target: Uint8Array, offset: number): void {
    // For a few bytes, creating a view costs more than copying one by one.
    if (this.#at > SHORT) target.set(this.#bytes.subarray(0, this.#at), offset);
    else for (let i = 0; i < this.#at; i++) target[offset + i] = this.#bytes[i] ?? 0;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  /** LEB128 of an integer from 0 to 2^53 - 1. */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      this.fits = false;
      return;
    }
    this.#reserve(MAX_VARINT_BYTES);
    const bytes = this.#bytes;
    let rest = value;
    // Bitwise operators work on 32 bits only.
    while (rest > 0x7fff_ffff) {
      bytes[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest > 0x7f) {
      bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.#at++] = rest;
  }

  zigzag(value: number): void {
    this.varint(zigzag(value));
  }

  /** Four bytes, little-endian. */
  uint32(value: number): void {
    this.#reserve(4);
    for (let shift = 0; shift < 32; shift += 8) this.#bytes[this.#at++] = (value >>> shift) & 0xff;
    if (value !== value >>> 0) this.fits = false;
  }

  /** Length and characters; ASCII only. */
  ascii(text: string): void {
    this.varint(text.length);
    this.characters(text);
  }

  /** Characters without a length; ASCII only. */
  characters(text: string): void {
    this.#reserve(text.length);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) this.fits = false;
      this.#bytes[this.#at++] = code;
    }
  }

  /** Writes two numbers as one varint if the second is small (P4e): its `split` low bits hold the second. */
  pair(large: number, small: number, split: number): void {
    const most = (1 << split) - 1;
    if (small < most) {
      this.varint(large * (most + 1) + small);
    } else {
      this.varint(large * (most + 1) + most);
      this.varint(small - most);
    }
    if (small < 0) this.fits = false;
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Maps 0, -1, 1, -2, ... to 0, 1, 2, 3, ...: exact below 2^52; larger values exceed 2^53 and do not fit. */
export function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}
