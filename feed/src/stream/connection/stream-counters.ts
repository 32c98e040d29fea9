/** What all connections of a feed have done so far; the status page and `/metrics` read it. */
export class StreamCounters {
  frames = 0;
  /** Bytes of the frames, without the websocket's own. */
  bytes = 0;
  messages = 0;
  resyncs = 0;
  /** Book flushes that a connection did not get because it was behind (P22). */
  skipped = 0;
  /** Trades that were counted instead of sent (P22). */
  summarised = 0;
  /** Messages and connections that were refused (P23). */
  refused = 0;
  /** Moves of a connection to the lower tier (P22). */
  slowed = 0;
  /** Connections that were closed for being too slow (P22). */
  slowClosed = 0;
}
