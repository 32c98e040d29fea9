/** Error codes, the same over WebSocket and HTTP (section 9), with HTTP status and whether a retry can succeed. */
export const ERRORS = {
  internal: { code: 100, status: 500, temporary: true },
  unauthorised: { code: 101, status: 401, temporary: false },
  unknown: { code: 102, status: 404, temporary: false },
  forbidden: { code: 103, status: 403, temporary: false },
  alreadySubscribed: { code: 105, status: 409, temporary: false },
  channelLimit: { code: 106, status: 429, temporary: false },
  badRequest: { code: 107, status: 400, temporary: false },
  tokenExpired: { code: 109, status: 401, temporary: false },
  tooManyRequests: { code: 111, status: 429, temporary: true },
  notRecoverable: { code: 112, status: 410, temporary: false },
  notReady: { code: 120, status: 503, temporary: true },
  badReplayCommand: { code: 130, status: 400, temporary: false },
} as const;
export type ErrorName = keyof typeof ERRORS;
