/** How bid and ask meet where they should not (P15): shown beside every figure that they make. */
export type Cross = 'crossed' | 'locked';

/** Of the best prices in ticks; undefined where a side is empty, or all is well. */
export function crossOf(bid: number | undefined, ask: number | undefined): Cross | undefined {
  if (bid === undefined || ask === undefined || bid < ask) return undefined;
  return bid === ask ? 'locked' : 'crossed';
}
