import type { LiveBookRule } from '../../../venue/live-venue.ts';
import type { VenueDiff, VenueSnapshot } from '../../../venue/venue-event.ts';
import type { BookOutcome } from './live-book.ts';

/** Whether the venue's checksum matches the book after an event; undefined if none was compared. */
export function checksumHolds(
  rule: LiveBookRule,
  event: VenueSnapshot | VenueDiff,
  outcome: BookOutcome,
): boolean | undefined {
  if (event.checksum === undefined || rule.checksum === undefined) return undefined;
  if (outcome.type === 'gap' && outcome.reason === 'checksum') return false;
  return outcome.type === 'changed' || outcome.type === 'began' ? true : undefined;
}
