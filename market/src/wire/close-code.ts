/** Close codes of the feed (section 9). 4000-4499: reconnect later; 4500-4999: do not reconnect automatically. */
export const CLOSE_CODES = {
  shutdown: 4001,
  tokenExpired: 4005,
  slowConsumer: 4008,
  stateLost: 4010,
  rotate: 4011,
  noPong: 4012,
  tryLater: 4013,
  badToken: 4500,
  badRequest: 4501,
  noSubscribe: 4502,
  connectionLimit: 4504,
  channelLimit: 4505,
  origin: 4507,
  replayNotFound: 4510,
  replayEnded: 4511,
  rateAbuse: 4512,
} as const;

/** Whether a client may reconnect automatically after this close code. Codes outside 4500-4999 are link failures. */
export function mayReconnect(code: number): boolean {
  return code < 4500 || code > 4999;
}

/** Maximum length of a close reason in bytes (RFC 6455). */
export const MAX_CLOSE_REASON_BYTES = 123;
