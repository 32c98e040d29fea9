import type { Random } from '@tapedeck/market/number/random';

const BASE_MS = 500;
const CAP_MS = 30_000;
/** After an outage nobody waits for longer than this share of it: a short one must not cost a long wait. */
const SHARE = 4;

/** Full jitter, 0.5 s doubling to 30 s: the wait before the nth attempt, 1 being the first after a failure. */
export function backOffMs(attempt: number, downMs: number, random: Random): number {
  const doubled = BASE_MS * 2 ** Math.min(10, Math.max(0, attempt - 1));
  const ceiling = Math.min(CAP_MS, doubled, Math.max(BASE_MS, downMs / SHARE));
  return Math.max(1, Math.ceil(random.next() * ceiling));
}
