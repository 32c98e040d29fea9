/**
 * One price level: `[priceTicks, sizeLots]`, both safe integers (P1). The size is absolute; in a delta, size 0
 * removes the level (P8).
 */
export type Level = readonly [priceTicks: number, sizeLots: number];

/** The side of the book that a level is on. */
export type Side = 'bid' | 'ask';

/** The taker side of a trade: who crossed the spread. */
export type Aggressor = 'buy' | 'sell';

/** Integer milliseconds since the Unix epoch (P2). */
export type EpochMs = number;
