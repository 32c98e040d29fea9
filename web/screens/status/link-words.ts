import type { VenueLinkBody, VenueTimelineEvent } from '@tapedeck/market/wire/venue/venue-body';

import { styled } from '../../format/number-style.ts';
import { millisecondsText } from '../../format/rate-text.ts';
import { ageText } from '../../format/time-text.ts';
import type { Look } from './look.ts';

export const LINK_LOOK: Readonly<Record<VenueLinkBody['state'], Look>> = {
  idle: ['○', 'text-faint', 'idle'],
  dialling: ['◔', 'text-delayed', 'dialling'],
  up: ['●', 'text-ok', 'up'],
  moving: ['◐', 'text-info', 'up, its replacement is dialled'],
  bridging: ['◑', 'text-info', 'up, its replacement takes over'],
  'back-off': ['■', 'text-bad', 'backing off'],
  banned: ['■', 'text-bad', 'banned'],
};

export const HAPPENING_LOOK: Readonly<Record<VenueTimelineEvent['what'], Look>> = {
  dialling: ['◔', 'text-faint', 'dialling'],
  opened: ['●', 'text-ok', 'opened'],
  failed: ['▲', 'text-delayed', 'failed'],
  banned: ['■', 'text-bad', 'banned'],
  lost: ['■', 'text-bad', 'lost'],
  moving: ['◐', 'text-faint', 'moving'],
  bridging: ['◑', 'text-faint', 'bridging'],
  moved: ['●', 'text-ok', 'moved'],
  'not-moved': ['▲', 'text-delayed', 'not moved'],
  resubscribed: ['↻', 'text-delayed', 'subscribed again'],
  closed: ['○', 'text-faint', 'closed'],
};

/** What follows the state: since when it is up, or when it is tried again. */
export function linkDetail(
  { upMs, attempts, nextAttemptAt }: VenueLinkBody,
  now: number,
): string | undefined {
  if (upMs !== undefined) return `for ${ageText(upMs)}`;
  const tried =
    attempts === 0 ? undefined : `${attempts} failed ${attempts === 1 ? 'attempt' : 'attempts'}`;
  const next =
    nextAttemptAt === undefined
      ? undefined
      : nextAttemptAt <= now
        ? 'next attempt now'
        : `next attempt in ${ageText(nextAttemptAt - now)}`;
  return [tried, next].filter((part) => part !== undefined).join(', ') || undefined;
}

/** `12.3 µs a message`. */
export function microsText(micros: number | null): string {
  return micros === null ? '–' : `${styled(micros.toFixed(micros < 100 ? 1 : 0))} µs a message`;
}

/** An offset and never a latency: a venue may be ahead of us (V16). */
export function offsetText(offsetMs: number | null): string {
  if (offsetMs === null) return 'unknown';
  const size = Math.abs(offsetMs);
  if (size < 1) return 'with ours';
  const text = size < 86_400_000 ? millisecondsText(size) : `${Math.round(size / 86_400_000)} d`;
  return `${text} ${offsetMs > 0 ? 'ahead of' : 'behind'} ours`;
}
