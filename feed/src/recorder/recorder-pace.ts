/** Intervals and limits of a recorder. */
export const PACE = {
  conflateMs: 100,
  /** With the worker's own 300 ms and the conflater's 100 a kill loses less than the second that H3 allows. */
  postMs: 200,
  /** 32 MiB of numbers: some ten seconds of a very busy market. */
  maxQueuedValues: 4 * 1_024 * 1_024,
  /** A batch larger than this is posted at once. */
  maxBatchValues: 128 * 1_024,
  /** A slower commit is reported. */
  behindMs: 3_000,
  restartMs: 1_000,
} as const;
