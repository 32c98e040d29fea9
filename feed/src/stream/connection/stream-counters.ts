/** Totals over all connections of a feed, for the status page and `/metrics`. */
export class StreamCounters {
  frames = 0;
  /** Bytes of the frames, without the WebSocket's own. */
  bytes = 0;
  messages = 0;
  resyncs = 0;
  /** Book flushes skipped because the connection was behind (P22). */
  skipped = 0;
  /** Trades counted instead of sent (P22). */
  summarised = 0;
  /** Messages and connections refused (P23). */
  refused = 0;
  /** Moves of a connection to the lower tier (P22). */
  slowed = 0;
  /** Connections closed for being too slow (P22). */
  slowClosed = 0;
}
