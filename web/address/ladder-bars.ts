export const LADDER_BARS = ['level', 'cumulative', 'both'] as const;

/** What the bar behind a row shows: the size at its price, the sum up to it, or both. */
export type LadderBars = (typeof LADDER_BARS)[number];
