import { type NextRequest, NextResponse } from 'next/server';

import { internalFeedOrigin } from './feed-environment.ts';

/**
 * Only under `next dev`: forwards the feed's paths through the pages' port; for the built pages
 * `server/feed-request.ts` does that. This rewrite reads its target at run time and carries HTTP, SSE and WebSocket
 * upgrades; a `rewrites` entry in the configuration would fix the target at build time.
 */
export function proxy(request: NextRequest): NextResponse {
  const { pathname, search } = request.nextUrl;
  return NextResponse.rewrite(new URL(`${pathname}${search}`, internalFeedOrigin()));
}

/** Uploads have their own route (`app/v1/imports`): what passes here is held in memory and cut at ten megabytes. */
export const config = { matcher: ['/v1/((?!imports$).*)', '/healthz', '/metrics'] };
