/** How many messages of each kind the recording has. */
export type MessageCounts = {
  depth: number;
  bookTicker: number;
  trade: number;
  snapshot: number;
  candle?: number;
  /** Checksums of the venue, or transitions that the file itself allows to check, that held and that did not. */
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
