/*
 * How the sizes of a record are encoded (P4e). Venues quote sizes in round decimals, so all sizes of a record are
 * divided by their common power of ten. The small number next to each size (the price step) goes into the low bits of
 * the size's varint, with the number of bits that makes the record shortest. This saves 3 to 21 % of the levels of
 * real and simulated books; saving more would need an encoding that is not byte-aligned (`docs/benchmarks.md`).
 */
import { FrameError } from '../down-frame.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { MAX_SPLIT, MAX_TENS } from './record-kind.ts';

const TENS = Array.from({ length: MAX_TENS + 1 }, (_, exponent) => 10 ** exponent);
/** More than any venue needs; each power tried costs one division per size. */
const MAX_LOOKED_FOR = 9;

/**
 * `ten` is a power of ten that divides every size; the low `split` bits of each size's varint hold the small number.
 */
export type SizeScale = { readonly ten: number; readonly split: number };

const FIRST_CAPACITY = 512;

/** Collects the sizes of a record and their small numbers before the scale is known. Reused between records. */
export class SizedPairs {
  #sizes = new Float64Array(FIRST_CAPACITY);
  #smalls = new Float64Array(FIRST_CAPACITY);
  #length = 0;
  /** Total bytes of all pairs, by split. */
  readonly #costs = new Int32Array(MAX_SPLIT + 1);

  clear(): void {
    this.#length = 0;
  }

  add(size: number, small: number): void {
    if (this.#length === this.#sizes.length) this.#grow();
    this.#sizes[this.#length] = size;
    this.#smalls[this.#length++] = small;
  }

  /** The scale that minimises the total bytes of all pairs. */
  scale(): SizeScale {
    const ten = this.#commonTen();
    return { ten, split: this.#bestSplit(ten) };
  }

  write(writer: ByteWriter, { ten, split }: SizeScale, index: number): void {
    writer.pair((this.#sizes[index] ?? 0) / ten, this.#smalls[index] ?? 0, split);
  }

  /** The greatest power of ten that divides all sizes; 1 if all are 0. */
  #commonTen(): number {
    let exponent = -1;
    for (let i = 0; i < this.#length; i++) {
      const size = this.#sizes[i] ?? 0;
      if (size === 0) continue;
      if (exponent < 0) exponent = MAX_LOOKED_FOR;
      while (exponent > 0 && !isWhole(size / (TENS[exponent] ?? 1))) exponent--;
      if (exponent === 0) return 1;
    }
    return TENS[exponent] ?? 1;
  }

  #bestSplit(ten: number): number {
    const costs = this.#costs.fill(0);
    for (let i = 0; i < this.#length; i++) {
      const size = (this.#sizes[i] ?? 0) / ten;
      const small = this.#smalls[i] ?? 0;
      const sizeBits = bitsOf(size);
      for (let split = 0; split <= MAX_SPLIT; split++) {
        const rest = small - (1 << split) + 1;
        if (size > 0) costs[split] = (costs[split] ?? 0) + bytesOf(sizeBits + split);
        // Both numbers are below 2^7 and so is their varint.
        else costs[split] = (costs[split] ?? 0) + 1;
        if (rest >= 0) costs[split] = (costs[split] ?? 0) + bytesOf(bitsOf(rest));
      }
    }
    let best = 0;
    for (let split = 1; split <= MAX_SPLIT; split++)
      if ((costs[split] ?? 0) < (costs[best] ?? 0)) best = split;
    return best;
  }

  #grow(): void {
    const [sizes, smalls] = [this.#sizes, this.#smalls];
    this.#sizes = new Float64Array(sizes.length * 2);
    this.#smalls = new Float64Array(sizes.length * 2);
    this.#sizes.set(sizes);
    this.#smalls.set(smalls);
  }
}

/**
 * Exact for a quotient of integers: a non-integer quotient differs from any integer by more than the rounding error.
 */
function isWhole(value: number): boolean {
  return value === Math.floor(value);
}

/** Bit length of a number from 0 to 2^53. */
function bitsOf(value: number): number {
  return value <= 0xffff_ffff ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 0x1_0000_0000);
}

/** Bytes of a varint by bit length; one that would be too long costs more than any record. */
function bytesOf(bits: number): number {
  return VARINT_BYTES[bits] ?? TOO_LONG;
}

const TOO_LONG = 1_000;
/** For 0 to 53 bits. */
const VARINT_BYTES = /* @__PURE__ */ Uint8Array.from({ length: 54 }, (_, bits) =>
  Math.max(1, Math.ceil(bits / 7)),
);

export function writeScale(writer: ByteWriter, { ten, split }: SizeScale): void {
  writer.byte((TENS.indexOf(ten) << 3) | split);
}

export function readScale(reader: ByteReader): SizeScale {
  const byte = reader.byte();
  const ten = TENS[byte >> 3];
  if (ten === undefined) throw new FrameError(`scale ${byte} is unknown`);
  return { ten, split: byte & MAX_SPLIT };
}
