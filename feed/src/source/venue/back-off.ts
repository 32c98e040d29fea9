import type { Random } from '@tapedeck/market/number/random';

const BASE_MS = 500;
const CAP_MS = 30_000;
/** The wait is at most the outage divided by this, so that a short outage never costs a long wait. */
const SHARE = 4;

/** Wait before an attempt (1: the first after a failure). Full jitter, doubling from 0.5 s to 30 s. */
export function backOffMs(attempt: number, downMs: number, random: Random): number {
  const doubled = BASE_MS * 2 ** Math.min(10, Math.max(0, attempt - 1));
  const ceiling = Math.min(CAP_MS, doubled, Math.max(BASE_MS, downMs / SHARE));
  return Math.max(1, Math.ceil(random.next() * ceiling));
}
