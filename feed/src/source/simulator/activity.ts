/*
 * How busy a market is: a Hawkes process whose kernel is a sum of five exponentials, close to the power law measured
 * by Hardiman, Bercot and Bouchaud (arXiv 1302.1405), at O(1) per event. Every market order raises all rates for a
 * while; the mean stays 1 as long as the branching ratio is below 1.
 */
const TAUS_S = [0.05, 0.5, 5, 50, 500] as const;
const WEIGHT_EXPONENT = -0.15;
/** Share of the activity that is caused by activity itself (nH). */
const BRANCHING = 0.75;
/** Keeps a cascade within what a dashboard can show. */
const MAX_LEVEL = 6;

const RAW_WEIGHTS = TAUS_S.map((tau) => tau ** WEIGHT_EXPONENT);
const WEIGHT_SUM = RAW_WEIGHTS.reduce((sum, weight) => sum + weight, 0);
const GAINS = RAW_WEIGHTS.map(
  (weight, index) => (BRANCHING * weight) / WEIGHT_SUM / (TAUS_S[index] ?? 1),
);

export class Activity {
  readonly #keeps: Float64Array;
  readonly #gains = Float64Array.from(GAINS);
  /** Each part starts at its mean, which is its share of the branching ratio. */
  readonly #parts = Float64Array.from(RAW_WEIGHTS, (weight) => (BRANCHING * weight) / WEIGHT_SUM);
  #level = 1;

  /** @param stepSeconds the fixed step of `decay`. */
  constructor(stepSeconds: number) {
    this.#keeps = Float64Array.from(TAUS_S, (tau) => Math.exp(-stepSeconds / tau));
  }

  /** Multiplies every rate; 1 on average. */
  get level(): number {
    return this.#level;
  }

  /** One time step without an event. */
  decay(): void {
    const parts = this.#parts;
    let sum = 1 - BRANCHING;
    for (let index = 0; index < parts.length; index++) {
      const part = (parts[index] as number) * (this.#keeps[index] as number);
      parts[index] = part;
      sum += part;
    }
    this.#level = Math.min(MAX_LEVEL, sum);
  }

  /**
   * Adds `count` market orders in a market whose mean is `meanRate` per second: each one's effect shrinks with that
   * mean, otherwise a busy hour would feed itself endlessly.
   */
  excite(count: number, meanRate: number): void {
    const parts = this.#parts;
    let sum = 1 - BRANCHING;
    for (let index = 0; index < parts.length; index++) {
      const part = (parts[index] as number) + (count * (this.#gains[index] as number)) / meanRate;
      parts[index] = part;
      sum += part;
    }
    this.#level = Math.min(MAX_LEVEL, sum);
  }
}
