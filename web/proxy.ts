import { type NextRequest, NextResponse } from 'next/server';

import { forwardedHeaders, internalFeedOrigin } from './feed-environment.ts';

/**
 * Carries the feed's surface through this server's own port, for networks where only that port can be reached.
 * A rewrite here reads its target at run time and carries HTTP, SSE and WebSocket upgrades; a `rewrites` entry in the
 * configuration would fix the target at build time.
 */
export function proxy(request: NextRequest): NextResponse {
  const { pathname, search } = request.nextUrl;
  const target = new URL(`${pathname}${search}`, internalFeedOrigin());
  return NextResponse.rewrite(target, { request: { headers: forwardedHeaders(request) } });
}

/** Uploads go another way (`app/v1/imports`): what passes here is held in memory, and cut at ten megabytes. */
export const config = { matcher: ['/v1/((?!imports$).*)', '/healthz', '/metrics'] };
