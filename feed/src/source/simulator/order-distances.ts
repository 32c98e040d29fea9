/*
 * Where orders arrive and how long they stay, by distance in ticks from the opposite best price (Cont, Stoikov,
 * Talreja 2010): arrivals fall as a power law, cancel rates are highest near the touch.
 */
import type { Random } from '@tapedeck/market/number/random';

/** Distances covered by the flow (L); a few patient orders rest beyond, up to `PATIENT_REACH`. */
export const REACH = 60;
export const PATIENT_REACH = 190;
export const PATIENT_SHARE = 0.05;
const PATIENT_THETA = 0.02;
/** Cancel rates by distance (theta), per unit and second; beyond 5 they fall slowly. */
const THETA = [0.71, 0.71, 0.81, 0.68, 0.56, 0.47] as const;
/** Scales those rates: below 1 queues are longer, with the same number of events. */
const PATIENCE = 0.6;

/** Rate at which a unit resting at `distance` is cancelled, per second at activity 1. */
export function cancelRate(distance: number): number {
  const near = THETA[distance];
  if (near !== undefined) return PATIENCE * near;
  return distance <= REACH ? PATIENCE * 0.47 * (5 / distance) ** 0.3 : PATIENT_THETA;
}

/** Draws the distances of new limit orders: `limit * i^-decay` per second at distance i. */
export class OrderDistances {
  /** Sum of the rates of all distances up to the reach, per side and second at activity 1. */
  readonly rate: number;
  readonly #random: Random;
  /** Running sum of the rates, 1-based. */
  readonly #sums = new Float64Array(REACH + 1);

  constructor(random: Random, limit: number, decay: number) {
    this.#random = random;
    let sum = 0;
    for (let distance = 1; distance <= REACH; distance++) {
      sum += limit * distance ** -decay;
      this.#sums[distance] = sum;
    }
    this.rate = sum;
  }

  next(): number {
    const random = this.#random;
    if (random.next() < PATIENT_SHARE) {
      return REACH + 1 + Math.floor(random.next() * (PATIENT_REACH - REACH));
    }
    const sums = this.#sums;
    const target = random.next() * this.rate;
    let low = 1;
    let high = REACH;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) < target) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
