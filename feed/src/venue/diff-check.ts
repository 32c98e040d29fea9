import type { EpochMs } from '@tapedeck/market/number/level';

import type { VenueDiff, VenueId } from './venue-event.ts';

/** The last thing that a book took: a snapshot or a change. */
export type BookMark = {
  readonly id: VenueId;
  readonly eventTime: EpochMs | undefined;
  readonly isSnapshot: boolean;
};

/** `old` is in the book already; behind a `gap` it needs a snapshot; after a `reset` the venue counts anew, and too. */
export type CheckVerdict = 'apply' | 'old' | 'gap' | 'reset';

/** A venue's rule for its book. */
export type DiffCheck = (
  previous: BookMark,
  message: Pick<VenueDiff, 'firstId' | 'lastId' | 'previousId' | 'eventTime'>,
) => CheckVerdict;
