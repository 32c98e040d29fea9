/**
 * One price level: `[priceTicks, sizeLots]`, both safe integers (P1). A size is absolute; in a delta a
 * size of 0 removes the level (P8).
 */
export type Level = readonly [priceTicks: number, sizeLots: number];

/** The side of a book a level rests on. */
export type Side = 'bid' | 'ask';

/** The taker side of a trade: who crossed the spread. */
export type Aggressor = 'buy' | 'sell';

/** A moment in milliseconds since the Unix epoch, an integer (P2). */
export type EpochMs = number;
