import { CLOSE_CODES } from '../../wire/close-code.ts';
import { ERRORS } from '../../wire/error-code.ts';
import type { HttpAnswer } from './http-port.ts';
import type { SocketEvents } from './link-socket.ts';

/** The close code that a WebSocket would get, by error code (section 9). */
const CLOSES: ReadonlyMap<number, number> = new Map([
  [ERRORS.unauthorised.code, CLOSE_CODES.badToken],
  [ERRORS.tokenExpired.code, CLOSE_CODES.tokenExpired],
  [ERRORS.forbidden.code, CLOSE_CODES.origin],
  [ERRORS.unknown.code, CLOSE_CODES.replayNotFound],
  [ERRORS.badRequest.code, CLOSE_CODES.badRequest],
  [ERRORS.channelLimit.code, CLOSE_CODES.channelLimit],
  [ERRORS.tooManyRequests.code, CLOSE_CODES.connectionLimit],
  [ERRORS.notReady.code, CLOSE_CODES.tryLater],
]);

/** The error in a response; undefined if the response is not from the feed. */
export function errorOf({
  body,
}: HttpAnswer): { readonly code: number; readonly message: string } | undefined {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: unknown; message?: unknown } };
    const { code, message } = error ?? {};
    return typeof code === 'number' && typeof message === 'string' ? { code, message } : undefined;
  } catch {
    return undefined;
  }
}

/** Reports a refusal as a WebSocket would: the feed's close code, or a failure if something in between refused. */
export function tellRefusal(answer: HttpAnswer, events: SocketEvents): void {
  const error = errorOf(answer);
  const close = error === undefined ? undefined : CLOSES.get(error.code);
  if (error === undefined || close === undefined)
    events.failed(`refused with status ${answer.status}`);
  else events.closed(close, error.message);
}
