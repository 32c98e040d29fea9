import type { Context } from 'hono';

const HEADERS = { 'Cache-Control': 'no-cache, no-transform', 'X-Accel-Buffering': 'no' };

/**
 * What keeps proxies from buffering or compressing a stream (P19). `streamSSE` sets a `Cache-Control` of its own, and
 * where a middleware has touched the response before, as for a page of another origin, the context's headers win.
 */
export function unbuffered(context: Context, response: Response): Response {
  for (const [name, value] of Object.entries(HEADERS)) {
    context.header(name, value);
    response.headers.set(name, value);
  }
  return response;
}
