/*
 * Constants of the binary form (P4a-P4h of `docs/protocol.md`). A frame is a series of records, each starting with
 * its kind. These numbers are part of the wire: never renumber, only add.
 */

/** The first byte of a record. In every kind but the clock a length follows, so that unknown kinds can be skipped. */
export const KIND = {
  clock: 0,
  json: 1,
  bookSnapshot: 2,
  bookDelta: 3,
  trades: 4,
  candle: 5,
  ticker: 6,
  heartbeat: 7,
} as const;

/** Fields of a later version follow the known ones; ignore them (P4d). */
export const EXTENDED = 0x80;

/** Optional fields by record kind; any other bit is an error. */
export const BOOK_FLAG = { checksum: 1, digest: 2 } as const;
export const TRADES_FLAG = { lost: 1, epoch: 2, skipped: 4, life: 8 } as const;
export const CANDLE_FLAG = { buyVolume: 1, closed: 2 } as const;
export const TICKER_FLAG = { last: 1, bid: 2, ask: 4, open24h: 8 } as const;
export const HEARTBEAT_FLAG = { digests: 1 } as const;

/** Trades: the price step is above these two bits. */
export const TRADE_BIT = { sell: 1, timed: 2, step: 4 } as const;

/** Maximum number of bits for the small number in a pair (P4e). */
export const MAX_SPLIT = 7;
/** Maximum power of ten by which the sizes of a record are divided (P4e). */
export const MAX_TENS = 15;
