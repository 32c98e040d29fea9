import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';

import type { Random } from '@tapedeck/market/number/random';

import { SsePipe, type SsePipeOptions } from './sse-pipe.ts';

/** Keeps proxies from buffering or compressing a stream (P19). */
const HEADERS = { 'Cache-Control': 'no-cache, no-transform', 'X-Accel-Buffering': 'no' };
/** `retry:` is random per client, so that not all reconnect at once after a restart (P19). */
const RETRY_MS = { low: 2_500, high: 4_500 };

type Options = Omit<SsePipeOptions, 'writer'> & { readonly random: Random };

/**
 * A server-sent stream as the response to a request: `serve` fills the pipe, sends the reconnection time, and
 * resolves when the stream is over. The pipe is destroyed when the request or the response is aborted, whichever is
 * noticed first.
 */
export function sseResponse(
  context: Context,
  { random, ...options }: Options,
  serve: (pipe: SsePipe, retryMs: number) => Promise<void>,
): Response {
  const response = streamSSE(context, async (stream) => {
    const outgoing = (context.env as Partial<HttpBindings> | undefined)?.outgoing;
    const writer = {
      write: (bytes: Uint8Array) => stream.write(bytes),
      destroy: () => {
        stream.abort();
        // Data buffered in this response would wait for a reader that does not read.
        outgoing?.destroy();
      },
    };
    const pipe = new SsePipe({ ...options, writer });
    const end = (): void => pipe.destroy();
    stream.onAbort(end);
    const { signal } = context.req.raw;
    signal.addEventListener('abort', end, { once: true });
    try {
      await serve(pipe, random.integer(RETRY_MS.low, RETRY_MS.high));
    } finally {
      signal.removeEventListener('abort', end);
    }
  });
  // `streamSSE` sets a `Cache-Control` of its own, and if a middleware has touched the response before, as for a
  // cross-origin page, the context's headers win.
  for (const [name, value] of Object.entries(HEADERS)) {
    context.header(name, value);
    response.headers.set(name, value);
  }
  return response;
}
