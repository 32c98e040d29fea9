/*
 * Variable-length integers: seven bits per byte, lowest first, the high bit set if more bytes follow (LEB128).
 * Differences are made unsigned by zigzag (0 -1 1 -2 2 -> 0 1 2 3 4). Exact for every safe integer; values beyond
 * 2^48, which real books never reach, use BigInt.
 */

/** Zigzag doubles a step: below this it stays exact as a number, above it needs BigInt. */
const STEP_LIMIT = 2 ** 48;
/** Longest encoding: the difference of two safe integers, doubled, has 55 bits. */
const MAX_BYTES = 8;

/** A growing buffer; `bytes()` returns what was written. */
export class VarintWriter {
  #buffer: Uint8Array;
  #at = 0;

  constructor(capacity = 4_096) {
    this.#buffer = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#at;
  }

  reset(): void {
    this.#at = 0;
  }

  /** `value` is a safe integer >= 0. */
  unsigned(value: number): void {
    if (this.#at + MAX_BYTES > this.#buffer.length) this.#grow();
    const buffer = this.#buffer;
    let at = this.#at;
    let rest = value;
    // Bitwise operators are exact only below 2^31; divide down to that.
    while (rest >= 0x8000_0000) {
      buffer[at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      buffer[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[at++] = rest;
    this.#at = at;
  }

  /** A bit for each of the first `count` values, lowest first: 1 where the value is 0. */
  zeroBits(values: Float64Array, count: number): void {
    const bytes = (count + 7) >> 3;
    while (this.#at + bytes > this.#buffer.length) this.#grow();
    const buffer = this.#buffer;
    const start = this.#at;
    buffer.fill(0, start, start + bytes);
    for (let i = 0; i < count; i++)
      if (values[i] === 0)
        buffer[start + (i >> 3)] = (buffer[start + (i >> 3)] as number) | (1 << (i & 7));
    this.#at = start + bytes;
  }

  /** The difference from `previous` to `value`, both safe integers of any sign. */
  step(value: number, previous: number): void {
    const difference = value - previous;
    if (difference > -STEP_LIMIT && difference < STEP_LIMIT) {
      this.unsigned(difference < 0 ? -2 * difference - 1 : 2 * difference);
      return;
    }
    const exact = BigInt(value) - BigInt(previous);
    this.#bigUnsigned(exact < 0n ? -2n * exact - 1n : 2n * exact);
  }

  /** A copy of everything written so far. */
  bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#at);
  }

  #bigUnsigned(value: bigint): void {
    if (this.#at + MAX_BYTES > this.#buffer.length) this.#grow();
    let rest = value;
    while (rest >= 0x80n) {
      this.#buffer[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#at++] = Number(rest);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#buffer.length * 2);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

/** Reads what a `VarintWriter` wrote, in the same order. Reading past the end throws a RangeError. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#at = offset;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Number of unread bytes. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next `count` raw bytes. */
  take(count: number): Uint8Array {
    if (count > this.left) throw new RangeError('bytes past the end');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  unsigned(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++];
    if (byte === undefined) throw new RangeError('varint past the end');
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 128;
    for (;;) {
      byte = bytes[this.#at++];
      if (byte === undefined) throw new RangeError('varint past the end');
      // The sum is exact, because the writer wrote at most 2^53.
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  step(previous: number): number {
    const start = this.#at;
    const folded = this.unsigned();
    // The common case needs only integer arithmetic.
    if (folded < 0x8000_0000) return previous + ((folded >>> 1) ^ -(folded & 1));
    if (folded < 2 * STEP_LIMIT)
      return previous + (folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2);
    const exact = this.#bigUnsigned(start);
    return Number(BigInt(previous) + (exact % 2n === 0n ? exact / 2n : -(exact + 1n) / 2n));
  }

  #bigUnsigned(start: number): bigint {
    let value = 0n;
    for (let i = start; i < this.#at; i++) {
      value |= BigInt((this.#bytes[i] as number) & 0x7f) << BigInt(7 * (i - start));
    }
    return value;
  }
}
