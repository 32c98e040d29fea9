import type { Random } from '../number/random.ts';

/** Reconnecting: full jitter, 0.5 s doubling to 10 s, for ever (section 9). */
const RECONNECT_BASE_MS = 500;
const RECONNECT_CAP_MS = 10_000;

/**
 * How long to wait before attempt `attempt` (1 is the first after a failure): uniform in (0, min(10 s, 0.5 s * 2^(n-1))].
 * Never 0: after a close by the feed nobody comes back at once. Never longer than half of the outage so far, `downMs`,
 * where that is given: quick failures double the ceiling within a second, and whoever drew a long wait then would come
 * back late to a feed that was gone for a moment. It costs many dials, and is for those who learn of its return by them alone.
 */
export function backoffMs(attempt: number, random: Random, downMs = Infinity): number {
  const doubled = RECONNECT_BASE_MS * 2 ** Math.max(0, attempt - 1);
  const ceiling = Math.min(RECONNECT_CAP_MS, doubled, Math.max(RECONNECT_BASE_MS, downMs / 2));
  return Math.max(1, Math.ceil(random.next() * ceiling));
}

/** Asking for a snapshot again: 0.25 s doubling to 8 s, each with 20 % jitter either way (P9). */
const RESYNC_BASE_MS = 250;
const RESYNC_CAP_MS = 8_000;
const RESYNC_JITTER = 0.2;

/** How long to wait for the snapshot after the `attempt`th request (1 is the first) before asking again. */
export function resyncDelayMs(attempt: number, random: Random): number {
  const delay = Math.min(RESYNC_CAP_MS, RESYNC_BASE_MS * 2 ** Math.max(0, attempt - 1));
  return delay * (1 + RESYNC_JITTER * (2 * random.next() - 1));
}
