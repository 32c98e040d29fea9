import type { EpochMs } from '@tapedeck/market/number/level';

import type { VenueDiff, VenueId } from './venue-event.ts';

/** The last message applied to a book: a snapshot or a delta. */
export type BookMark = {
  readonly id: VenueId;
  /** What the venue's tickers name as the update, if that is another number. */
  readonly stateId?: VenueId | undefined;
  readonly eventTime: EpochMs | undefined;
  readonly isSnapshot: boolean;
};

/**
 * `old`: already in the book. `gap`: deltas are missing. `reset`: the venue restarted its sequence. After a gap or
 * reset the book needs a snapshot.
 */
export type CheckVerdict = 'apply' | 'old' | 'gap' | 'reset';

/** A venue's rule for which delta may follow. */
export type DiffCheck = (
  previous: BookMark,
  message: Pick<VenueDiff, 'firstId' | 'lastId' | 'previousId' | 'eventTime'>,
) => CheckVerdict;
