import type { TextLevel } from '@tapedeck/market/book/text-level';
import type { EpochMs, Level } from '@tapedeck/market/number/level';

import type { VenueDiff, VenueSnapshot } from './venue-event.ts';

/** A venue's snapshot and diff with their levels on the grid, and as the venue wrote them. */
export type GridSnapshot = Omit<VenueSnapshot, 'type' | 'bids' | 'asks'> & GridLevels;
export type GridDiff = Omit<VenueDiff, 'type' | 'bids' | 'asks'> & GridLevels;
export type GridLevels = {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly text: { readonly bids: readonly TextLevel[]; readonly asks: readonly TextLevel[] };
};

export type Timed<T> = { readonly value: T; readonly receiveTime: EpochMs };

/** What the importer has to do for a diff or a snapshot. */
export type BookStep =
  | {
      readonly type: 'begin';
      readonly snapshot: GridLevels;
      readonly eventTime: EpochMs;
      readonly receiveTime: EpochMs;
    }
  | { readonly type: 'apply'; readonly diff: GridDiff; readonly receiveTime: EpochMs }
  /** The book cannot be trusted from its last change on, until the next `begin`. */
  | {
      readonly type: 'hole';
      readonly problem: 'book-gap' | 'checksum' | 'too-large';
      readonly detail: string;
      /** Set if the book is right for longer than its last change, or there is none. */
      readonly from?: EpochMs | undefined;
    }
  /** The book could not be trusted between these times, as is known only now; it is right since then. */
  | {
      readonly type: 'missed';
      readonly detail: string;
      readonly from: EpochMs;
      readonly to: EpochMs;
    }
  | { readonly type: 'duplicate' }
  | { readonly type: 'unbridged'; readonly detail: string }
  /** The venue's checksum was right. */
  | { readonly type: 'checked' };

/** A venue's rules for keeping its book. Steps are yielded in execution order. */
export interface VenueBook {
  snapshot(snapshot: GridSnapshot, receiveTime: EpochMs): Iterable<BookStep>;
  diff(diff: GridDiff, receiveTime: EpochMs): Iterable<BookStep>;
  /**
   * A change was lost: of this book if `isCertain`; otherwise a line was lost that may have been one. A venue that
   * numbers its changes or checks its book reveals it with the next one; if none follows, nothing does.
   */
  lost(detail: string, isCertain: boolean): Iterable<BookStep>;
  /** At the end of a recording. */
  end(): Iterable<BookStep>;
}
