import type { TextLevel } from '@tapedeck/market/book/text-level';
import type { Aggressor, EpochMs } from '@tapedeck/market/number/level';
import type { CandleInterval } from '@tapedeck/market/tape/candle';

/** A venue's own number of an update or a trade. Some exceed 2^53: those are bigint, so that none is rounded. */
export type VenueId = number | bigint;

/** The content of a venue's frame, before our numbering and integers. */
export type VenueEvent =
  | VenueSnapshot
  | VenueDiff
  | VenueTrade
  | VenueTicker
  | VenueQuote
  | VenueCandle
  | VenueCheck;

/** A snapshot of the book: everything up to and including `updateId`, which is 0 if the venue has no numbers. */
export type VenueSnapshot = {
  readonly type: 'snapshot';
  readonly updateId: VenueId;
  /** What the venue's tickers name as the update, if that is another number than `updateId`. */
  readonly stateId?: VenueId | undefined;
  /** Some have none. */
  readonly eventTime: EpochMs | undefined;
  readonly bids: readonly TextLevel[];
  readonly asks: readonly TextLevel[];
  /** Over the text of the book's top, if the venue sends one. */
  readonly checksum?: number | undefined;
  /** Levels per side if the stream is a view of the book: levels that leave it are no longer known. */
  readonly depth?: number | undefined;
};

/** A change of the book that spans the venue's updates `firstId..lastId`; both are 0 if the venue has no numbers. */
export type VenueDiff = {
  readonly type: 'diff';
  readonly firstId: VenueId;
  readonly lastId: VenueId;
  /** `lastId` of the previous diff, if the venue sends it (futures): the ids themselves then have gaps. */
  readonly previousId: VenueId | undefined;
  /** What the venue's tickers name as the update, if that is another number than `lastId`. */
  readonly stateId?: VenueId | undefined;
  readonly eventTime: EpochMs;
  /** The best level of each side, and no other: better ones are gone. A side without a level is empty. */
  readonly isTop?: boolean | undefined;
  readonly bids: readonly TextLevel[];
  readonly asks: readonly TextLevel[];
  /** Over the text of the book's top after this change, if the venue sends one. */
  readonly checksum?: number | undefined;
};

export type VenueTrade = {
  readonly type: 'trade';
  /** Counts the market's trades without gaps; undefined if the venue's ids do not. */
  readonly id: VenueId | undefined;
  /** Identifies the trade if `id` is undefined. */
  readonly key?: string | undefined;
  /** If the venue sent several trades as one: the id of the first, `id` being that of the last. */
  readonly firstId?: VenueId | undefined;
  /** The aggregate's own number: those of the trades in it have holes where some are in none. */
  readonly aggregateId?: VenueId | undefined;
  /** Of the trades before, which some venues tell with a subscription. */
  readonly isPast?: boolean | undefined;
  readonly eventTime: EpochMs;
  readonly price: string;
  readonly size: string;
  readonly aggressor: Aggressor;
  /** Only `MARKET` is an execution between traders; an insurance-fund print, for example, is not. */
  readonly kind: string;
};

/** Best bid and ask as of the venue's update `updateId`, which is a delta's `lastId` or `stateId`. */
export type VenueTicker = {
  readonly type: 'ticker';
  readonly updateId: VenueId;
  readonly bid: TextLevel;
  readonly ask: TextLevel;
};

/** A best bid and ask that no update id ties to the book: counted, and compared with nothing. */
type VenueQuote = { readonly type: 'quote' };

/** A candle made by the source. */
export type VenueCandle = {
  readonly type: 'candle';
  readonly interval: CandleInterval;
  readonly openTime: EpochMs;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly buyVolume: string;
  readonly trades: number;
  /** Whether the venue says that it is not closed yet; absent if it says nothing. */
  readonly isForming?: boolean;
  /** The recording has a row for every interval, traded or not: one that is missing was lost. */
  readonly isComplete?: boolean;
};

/** A check that the file itself allows, like that of a message against the rows around it. */
export type VenueCheck = {
  readonly type: 'check';
  readonly ok: boolean;
  readonly detail: string;
  /** Since when the book is unknown if the check fails. */
  readonly eventTime: EpochMs;
};

/** True if no id lies between the two. */
export function isNextId(previous: VenueId, id: VenueId): boolean {
  return typeof previous === 'number' && typeof id === 'number'
    ? id === previous + 1
    : BigInt(id) === BigInt(previous) + 1n;
}

/** Equality across the two number types. */
export function isSameId(a: VenueId, b: VenueId): boolean {
  return typeof a === typeof b ? a === b : BigInt(a) === BigInt(b);
}
