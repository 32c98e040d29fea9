import type { NumberPairs } from './number-pairs.ts';

const QUOTE = 34;
const COMMA = 44;
const POINT = 46;
const ZERO = 48;
const OPEN = 91;
const CLOSE = 93;
/** Integers of this many digits are exact, and so are all their prefixes. */
const MAX_DIGITS = 15;
const TRUE = bytesOf('true');
const FALSE = bytesOf('false');

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/**
 * A position in the bytes of compact JSON, and what can be read there, without a string. Anything unusual (spaces,
 * escapes, exponents, signs, more digits than an integer holds) sets `failed`, which the caller checks.
 */
export class JsonBytes {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  failed = false;

  open(bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.at = at;
    this.failed = false;
  }

  boolean(): boolean {
    if (this.literal(TRUE)) return true;
    if (!this.literal(FALSE)) this.failed = true;
    return false;
  }

  /** A string whose content and closing quote are `literal`. */
  expect(literal: Uint8Array): void {
    if (this.bytes[this.at++] !== QUOTE || !this.literal(literal)) this.failed = true;
  }

  /** Moves past `literal` if it is next. */
  literal(literal: Uint8Array): boolean {
    const bytes = this.bytes;
    const at = this.at;
    for (let i = 0; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return false;
    this.at = at + literal.length;
    return true;
  }

  /** Milliseconds > 0; a number with more digits than that sets `failed`. */
  time(): number {
    const time = this.integer();
    if (time === 0) this.failed = true;
    return time;
  }

  integer(): number {
    const bytes = this.bytes;
    const start = this.at;
    let at = start;
    let value = 0;
    for (let digit = digitOf(bytes[at]); digit >= 0; digit = digitOf(bytes[++at]))
      value = value * 10 + digit;
    const digits = at - start;
    // JSON has no leading zeros.
    const isPlain = digits === 1 || (digits > 1 && digits <= MAX_DIGITS && bytes[start] !== ZERO);
    if (!isPlain) this.failed = true;
    this.at = at;
    return value;
  }

  /** `"123.45"` in steps of ten to the minus `decimals`, as `DecimalScale` reads it. */
  decimal(decimals: number): number {
    const bytes = this.bytes;
    let at = this.at;
    if (bytes[at] !== QUOTE) return this.fail();
    const start = ++at;
    let value = 0;
    for (let digit = digitOf(bytes[at]); digit >= 0; digit = digitOf(bytes[++at]))
      value = value * 10 + digit;
    let digits = at - start;
    if (digits === 0) return this.fail();
    let places = 0;
    if (bytes[at] === POINT) {
      const point = at;
      let digit = digitOf(bytes[++at]);
      for (; digit >= 0 && places < decimals; digit = digitOf(bytes[++at]), places++)
        value = value * 10 + digit;
      digits += places;
      while (bytes[at] === ZERO) at++;
      if (at === point + 1) return this.fail();
    }
    if (bytes[at] !== QUOTE || digits > MAX_DIGITS) return this.fail();
    for (; places < decimals; places++) value *= 10;
    if (value > Number.MAX_SAFE_INTEGER) return this.fail();
    this.at = at + 1;
    return value;
  }

  /** Appends `[["price","size"],...]` as pairs of numbers to `levels`. */
  levels(levels: NumberPairs, priceDecimals: number, sizeDecimals: number): void {
    const { bytes } = this;
    this.at++;
    if (bytes[this.at] === CLOSE) {
      this.at++;
      return;
    }
    for (;;) {
      if (bytes[this.at++] !== OPEN) this.failed = true;
      const price = this.decimal(priceDecimals);
      if (bytes[this.at++] !== COMMA) this.failed = true;
      const size = this.decimal(sizeDecimals);
      if (bytes[this.at++] !== CLOSE || this.failed) {
        this.failed = true;
        return;
      }
      levels.push(price, size);
      const next = bytes[this.at++];
      if (next === COMMA) continue;
      if (next !== CLOSE) this.failed = true;
      return;
    }
  }

  fail(): 0 {
    this.failed = true;
    return 0;
  }
}

/** -1 if it is not a digit. */
export function digitOf(byte: number | undefined): number {
  return byte !== undefined && byte >= ZERO && byte <= 57 ? byte - ZERO : -1;
}
