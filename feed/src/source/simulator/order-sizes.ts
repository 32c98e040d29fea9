/*
 * Order sizes: lognormal(-0.5, 1) units (mean 1), rounded as people round. Drawn once into a table, so that a size
 * costs one random number; real tapes repeat sizes too.
 */
import type { Random } from '@tapedeck/market/number/random';

const TABLE_SIZE = 4_096;

export class OrderSizes {
  readonly #random: Random;
  readonly #table: Float64Array;

  constructor(random: Random, unitLots: number, stepLots: number) {
    this.#random = random;
    this.#table = Float64Array.from({ length: TABLE_SIZE }, () =>
      humanSize(Math.exp(random.normal() - 0.5) * unitLots, stepLots, random.next()),
    );
  }

  /** A size in lots, at least one step. */
  next(): number {
    return this.#table[Math.floor(this.#random.next() * TABLE_SIZE)] as number;
  }
}

/**
 * A third of the sizes has one significant digit, a third two, the rest three or four; all are multiples of the step.
 */
function humanSize(lots: number, stepLots: number, taste: number): number {
  const digits = taste < 0.35 ? 1 : taste < 0.7 ? 2 : taste < 0.9 ? 3 : 4;
  const power = 10 ** (Math.floor(Math.log10(Math.max(1, lots))) - digits + 1);
  const grid = Math.max(stepLots, Math.round(power), 1);
  return Math.max(grid, Math.round(lots / grid) * grid);
}
