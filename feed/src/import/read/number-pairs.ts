import type { Level } from '@tapedeck/market/number/level';

const INITIAL_PAIRS = 256;

/** Levels as pairs of numbers in one array that is reused for the next diff. */
export class NumberPairs {
  values = new Float64Array(2 * INITIAL_PAIRS);
  /** How many pairs. */
  length = 0;

  clear(): void {
    this.length = 0;
  }

  push(price: number, size: number): void {
    const at = 2 * this.length++;
    if (at >= this.values.length) {
      const larger = new Float64Array(2 * this.values.length);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[at] = price;
    this.values[at + 1] = size;
  }

  levels(from: number, to: number): Level[] {
    const { values } = this;
    return Array.from({ length: to - from }, (_, i): Level => {
      const at = 2 * (from + i);
      return [values[at] as number, values[at + 1] as number];
    });
  }
}
