import type { CheckVerdict, DiffCheck } from './diff-check.ts';
import type { DiffOrder } from './ruled-book.ts';
import type { GridDiff } from './venue-book.ts';
import { isSameId, type VenueId } from './venue-event.ts';

/**
 * Two sockets stamp the same delta some ms apart. A lower id this much later means that the venue restarted its ids.
 */
const RESTARTED_MS = 1_000;

/** For deltas that state the id before them: one that follows applies, also with a lower id, which still chains. */
export const checkChain: DiffCheck = (previous, diff) => {
  const { previousId } = diff;
  if (previousId === undefined) return 'apply';
  return isSameId(previousId, previous.id) ? 'apply' : unchained(previous, diff);
};

/** The same, for recordings: without ids every diff applies, and the book relies on its checksums. */
export function chainOrder(last: VenueId, { previousId, lastId }: GridDiff): DiffOrder {
  if (previousId === undefined || last === 0 || isSameId(previousId, last)) return 'apply';
  return lastId <= last ? 'duplicate' : 'hole';
}

/** A delta that does not follow: an old one, a hole before it, or ids that start over. */
function unchained(
  previous: Parameters<DiffCheck>[0],
  diff: Parameters<DiffCheck>[1],
): CheckVerdict {
  if (diff.lastId > previous.id) return 'gap';
  const { eventTime } = previous;
  return eventTime !== undefined && diff.eventTime > eventTime + RESTARTED_MS ? 'reset' : 'old';
}
