import { internalFeedOrigin } from '../../../feed-environment.ts';

/** Headers of one hop, or that this hop sets itself. */
const OWN_HEADERS = [
  'host',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'expect',
];

export const dynamic = 'force-dynamic';

/** Recordings through the pages' port under `next dev` (see `proxy.ts`): passed on piece by piece as they arrive. */
export const POST = forward;
/** The list of imports has the same path. */
export const GET = forward;

async function forward(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const headers = new Headers(request.headers);
  for (const name of OWN_HEADERS) headers.delete(name);
  try {
    const answer = await fetch(new URL(`${pathname}${search}`, internalFeedOrigin()), {
      method: request.method,
      headers,
      body: request.body,
      signal: request.signal,
      // Required for a stream as the body; the standard type lacks it.
      ...{ duplex: 'half' },
      cache: 'no-store',
    });
    const type = answer.headers.get('content-type') ?? 'application/json';
    return new Response(answer.body, { status: answer.status, headers: { 'content-type': type } });
  } catch {
    const message = 'the feed cannot be reached';
    return Response.json({ error: { code: 100, message, temporary: true } }, { status: 502 });
  }
}
