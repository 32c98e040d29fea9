import type { Random } from '../number/random.ts';

/** Reconnect backoff: full jitter, 0.5 s doubling to 10 s, without an attempt limit (section 9). */
const RECONNECT_BASE_MS = 500;
const RECONNECT_CAP_MS = 10_000;

/**
 * Delay in ms before the nth attempt (1 is the first after a failure): uniform in (0, min(10 s, 0.5 s * 2^(n-1))].
 * Never 0, so that clients do not all reconnect at once after the feed closes. If `downMs` is given, the delay is at
 * most half of the outage so far: quick failures raise the ceiling within a second, and a long delay would then miss
 * the return of a feed that was away only briefly. This costs more dials; use it where a dial is the only way to
 * notice the return.
 */
export function backoffMs(attempt: number, random: Random, downMs = Infinity): number {
  const doubled = RECONNECT_BASE_MS * 2 ** Math.max(0, attempt - 1);
  const ceiling = Math.min(RECONNECT_CAP_MS, doubled, Math.max(RECONNECT_BASE_MS, downMs / 2));
  return Math.max(1, Math.ceil(random.next() * ceiling));
}

/** Resync backoff: 0.25 s doubling to 8 s, each with +/- 20 % jitter (P9). */
const RESYNC_BASE_MS = 250;
const RESYNC_CAP_MS = 8_000;
const RESYNC_JITTER = 0.2;

/** How long to wait, in ms, for the snapshot after the nth resync (1 is the first) before the next one. */
export function resyncDelayMs(attempt: number, random: Random): number {
  const delay = Math.min(RESYNC_CAP_MS, RESYNC_BASE_MS * 2 ** Math.max(0, attempt - 1));
  return delay * (1 + RESYNC_JITTER * (2 * random.next() - 1));
}
