/** How many messages of each kind the recording has. */
export type MessageCounts = {
  depth: number;
  bookTicker: number;
  trade: number;
  snapshot: number;
  candle?: number;
  /** The venue's checksums, or the transitions that a file lets us check, that were right and that were not. */
  checksumOk?: number;
  checksumFailed?: number;
};

/** The counts of several markets together. */
export function sumOfCounts(counts: readonly Partial<MessageCounts>[]): MessageCounts {
  const sum: Record<string, number> & MessageCounts = {
    depth: 0,
    bookTicker: 0,
    trade: 0,
    snapshot: 0,
  };
  for (const each of counts) {
    for (const [kind, count] of Object.entries(each)) sum[kind] = (sum[kind] ?? 0) + count;
  }
  return sum;
}
