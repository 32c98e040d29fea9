import { type NextRequest, NextResponse } from 'next/server';

import { internalFeedOrigin } from './feed-environment.ts';

/**
 * Under `next dev` alone: carries the feed's surface through the port of the pages, which `server/feed-request.ts` does where
 * the built pages are served.
 * A rewrite here reads its target at run time and carries HTTP, SSE and WebSocket upgrades; a `rewrites` entry in the
 * configuration would fix the target at build time.
 */
export function proxy(request: NextRequest): NextResponse {
  const { pathname, search } = request.nextUrl;
  return NextResponse.rewrite(new URL(`${pathname}${search}`, internalFeedOrigin()));
}

/** Uploads go another way (`app/v1/imports`): what passes here is held in memory, and cut at ten megabytes. */
export const config = { matcher: ['/v1/((?!imports$).*)', '/healthz', '/metrics'] };
