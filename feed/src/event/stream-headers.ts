import type { Context } from 'hono';

const HEADERS = { 'Cache-Control': 'no-cache, no-transform', 'X-Accel-Buffering': 'no' };

/**
 * Keeps proxies from buffering or compressing a stream (P19). `streamSSE` sets its own `Cache-Control`, and if a
 * middleware has touched the response before, as for a cross-origin page, the context's headers win.
 */
export function unbuffered(context: Context, response: Response): Response {
  for (const [name, value] of Object.entries(HEADERS)) {
    context.header(name, value);
    response.headers.set(name, value);
  }
  return response;
}
