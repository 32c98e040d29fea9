/** How bid and ask meet when they should not (P15): shown beside every figure derived from them. */
export type Cross = 'crossed' | 'locked';

/** From the best prices in ticks; undefined if a side is empty or the spread is positive. */
export function crossOf(bid: number | undefined, ask: number | undefined): Cross | undefined {
  if (bid === undefined || ask === undefined || bid < ask) return undefined;
  return bid === ask ? 'locked' : 'crossed';
}
