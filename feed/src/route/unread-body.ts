import type { MiddlewareHandler } from 'hono';

/** About what a browser sends over a home network in the time allowed. */
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_MS = 20_000;
/** A sender that pauses this long is waiting for an answer, or is not a browser. */
const IDLE_MS = 5_000;

/**
 * A refusal is sent after the whole body: a browser reads the answer only once it has sent everything, and would
 * otherwise see a broken connection (Node's adapter reads for another half second, then closes). An unused body is
 * read and dropped, up to a limit.
 */
export const readUnread: MiddlewareHandler = async (c, next) => {
  await next();
  const { method, raw } = c.req;
  if (c.res.status < 400 || (method !== 'POST' && method !== 'PATCH')) return;
  // A body that a handler has started to read is left to it.
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
    // The body was cut off: there is no client left to answer.
  } finally {
    reader.releaseLock();
  }
}

function paused(): Promise<undefined> {
  return new Promise((resolve) => {
    AbortSignal.timeout(IDLE_MS).addEventListener('abort', () => resolve(undefined));
  });
}
