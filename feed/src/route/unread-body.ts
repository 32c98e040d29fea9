import type { MiddlewareHandler } from 'hono';

/** As much as a browser sends over a home network in the time. */
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_MS = 20_000;
/** A sender that pauses for so long waits for an answer, or is no browser. */
const IDLE_MS = 5_000;

/**
 * A refusal is given when its body is over: a browser looks for an answer only when it has sent everything, and would find a
 * broken connection in its place (Node's adapter reads on for half a second, and closes). What is not taken is read and
 * dropped, for a while.
 */
export const readUnread: MiddlewareHandler = async (c, next) => {
  await next();
  const { method, raw } = c.req;
  if (c.res.status < 400 || (method !== 'POST' && method !== 'PATCH')) return;
  // What somebody has begun to read, and holds, is theirs.
  if (raw.body !== null && !raw.body.locked) await discard(raw.body);
};

async function discard(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  const end = AbortSignal.timeout(MAX_MS);
  try {
    for (let bytes = 0; bytes < MAX_BYTES && !end.aborted;) {
      const piece = await Promise.race([reader.read(), paused()]);
      if (piece === undefined || piece.done) return;
      bytes += piece.value.length;
    }
  } catch {
    // It broke off: nobody is there who could be answered.
  } finally {
    reader.releaseLock();
  }
}

function paused(): Promise<undefined> {
  return new Promise((resolve) => {
    AbortSignal.timeout(IDLE_MS).addEventListener('abort', () => resolve(undefined));
  });
}
