/*
 * The numbers of the binary form (P4a-P4h of `docs/protocol.md`). A frame is records, one after another; each begins
 * with its kind. They are part of the wire: never renumber, only add.
 */

/** What a record is, its first byte. Every kind but the clock has a length after it, so unknown ones are skipped. */
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

/** Fields that a later version appended follow the known ones and are to be ignored (P4d). */
export const EXTENDED = 0x80;

/** Which optional fields a record has, by kind; a bit that is in none of these is an error. */
export const BOOK_FLAG = { checksum: 1, digest: 2 } as const;
export const TRADES_FLAG = { lost: 1, epoch: 2, skipped: 4, life: 8 } as const;
export const CANDLE_FLAG = { buyVolume: 1, closed: 2 } as const;
export const TICKER_FLAG = { last: 1, bid: 2, ask: 4, open24h: 8 } as const;
export const HEARTBEAT_FLAG = { digests: 1 } as const;

/** Trades: the price step stands above these two bits. */
export const TRADE_BIT = { sell: 1, timed: 2, step: 4 } as const;

/** Most bits that a pair's size lends to the small number beside it (P4e). */
export const MAX_SPLIT = 7;
/** Most tens that the sizes of one record are divided by (P4e). */
export const MAX_TENS = 15;
