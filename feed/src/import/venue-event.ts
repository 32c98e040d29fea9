import type { Aggressor, EpochMs } from '@tapedeck/market/level';

/** A venue's own number of an update or a trade. Some exceed 2^53: those are bigint, so that none is rounded. */
export type VenueId = number | bigint;

/** A level as the venue wrote it: decimal text, untouched until the grid is known. */
export type TextLevel = readonly [price: string, size: string];

/** What a venue's frame says, before numbers of ours and integers. */
export type VenueEvent = VenueSnapshot | VenueDiff | VenueTrade | VenueTicker;

/** A REST snapshot of the book: everything up to and with `updateId`. */
export type VenueSnapshot = {
  readonly type: 'snapshot';
  readonly updateId: VenueId;
  /** Spot has none. */
  readonly eventTime: EpochMs | undefined;
  readonly bids: readonly TextLevel[];
  readonly asks: readonly TextLevel[];
};

/** A change of the book that spans the venue's updates `firstId..lastId`. */
export type VenueDiff = {
  readonly type: 'diff';
  readonly firstId: VenueId;
  readonly lastId: VenueId;
  /** `lastId` of the diff before, where the venue says it (futures): the ids themselves then have holes. */
  readonly previousId: VenueId | undefined;
  readonly eventTime: EpochMs;
  readonly bids: readonly TextLevel[];
  readonly asks: readonly TextLevel[];
};

export type VenueTrade = {
  readonly type: 'trade';
  readonly id: VenueId;
  readonly eventTime: EpochMs;
  readonly price: string;
  readonly size: string;
  readonly aggressor: Aggressor;
  /** Only `MARKET` is an execution between traders; an insurance-fund print is none. */
  readonly kind: string;
};

/** Best bid and ask as of the venue's update `updateId`. */
export type VenueTicker = {
  readonly type: 'ticker';
  readonly updateId: VenueId;
  readonly bid: TextLevel;
  readonly ask: TextLevel;
};

/** True when no id lies between the two. */
export function isNextId(previous: VenueId, id: VenueId): boolean {
  return typeof previous === 'number' && typeof id === 'number'
    ? id === previous + 1
    : BigInt(id) === BigInt(previous) + 1n;
}

/** Equality across the two kinds of number. */
export function isSameId(a: VenueId, b: VenueId): boolean {
  return typeof a === typeof b ? a === b : BigInt(a) === BigInt(b);
}
