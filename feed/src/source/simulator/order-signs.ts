/*
 * The signs of market orders: at any time a few large orders are being executed in pieces (Lillo, Mike, Farmer 2005).
 * With Pareto lengths of exponent a the signs' autocorrelation decays like lag^-(a-1), as in real markets.
 */
import type { Random } from '@tapedeck/market/number/random';

const ACTIVE = 4;
const LENGTH_EXPONENT = 1.7;
const MAX_LENGTH = 20_000;
/** Memory of the prediction, in orders. */
const MEMORY = 0.06;

type Metaorder = { sign: 1 | -1; left: number };

export class OrderSigns {
  readonly #random: Random;
  readonly #active: Metaorder[];
  #predicted = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#active = Array.from({ length: ACTIVE }, () => this.#draw());
  }

  /** The expected next sign, -1..1: quotes absorb it, so that prices stay unpredictable. */
  get predicted(): number {
    return this.#predicted;
  }

  /** The sign of the next piece: +1 buys, -1 sells. */
  next(): 1 | -1 {
    const index = Math.floor(this.#random.next() * ACTIVE);
    const order = this.#active[index] as Metaorder;
    const sign = order.sign;
    order.left -= 1;
    if (order.left <= 0) this.#active[index] = this.#draw();
    return sign;
  }

  /** Records what was actually traded, including informed orders. */
  record(sign: 1 | -1): void {
    this.#predicted += MEMORY * (sign - this.#predicted);
  }

  #draw(): Metaorder {
    const length = Math.ceil((1 - this.#random.next()) ** (-1 / LENGTH_EXPONENT));
    return { sign: this.#random.chance(0.5) ? 1 : -1, left: Math.min(MAX_LENGTH, length) };
  }
}
