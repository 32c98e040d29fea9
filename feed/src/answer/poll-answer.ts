/*
 * Answers that are polled (P32): a client that names what it has gets 304 and no body. The tag is a hash of the body,
 * so that it cannot say "unchanged" of anything that is not. Every answer says the feed's clock, a 304 too: it proves
 * until when nothing has changed, which no cache on the way can claim.
 */
import { createHash } from 'node:crypto';

import type { Context } from 'hono';

import type { Moment } from '@tapedeck/market/time/clock';

/** The feed's clock when the answer was true, epoch ms. */
const TIME_HEADER = 'Feed-Time';

/** That moment on a clock which never steps, ms: of two answers of one feed process the later one has more. */
const MONOTONIC_HEADER = 'Feed-Monotonic';

/**
 * Milliseconds since the sources of the answer's markets were heard of, in the order of the answer, one by one; empty where
 * nothing proves that one lives (P20b).
 */
const HEARD_HEADER = 'Feed-Heard';

/** The answer of a route that can be polled, for its description. */
export const UNCHANGED = {
  304: { description: 'The client has it already, as `If-None-Match` says' },
} as const;

/** Of each market of an answer. */
export type Heard = readonly (number | undefined)[];

/** Sets the headers of a polled answer of the moment `at`; true where the client has this body already and gets 304. */
export function isKnown(c: Context, body: unknown, { wall, at }: Moment, heard: Heard): boolean {
  const hash = createHash('sha256').update(JSON.stringify(body)).digest('base64url');
  const tag = `"${hash.slice(0, 22)}"`;
  c.header('ETag', tag);
  c.header('Cache-Control', 'no-cache');
  c.header(TIME_HEADER, String(wall));
  c.header(MONOTONIC_HEADER, at.toFixed(3));
  c.header(HEARD_HEADER, heard.join(','));
  const exposed = ['ETag', TIME_HEADER, MONOTONIC_HEADER, HEARD_HEADER];
  c.header('Access-Control-Expose-Headers', exposed.join(', '));
  const known = c.req.header('if-none-match');
  // Any will do (RFC 9110, section 13.1.2): there is one.
  if (known?.trim() === '*') return true;
  // A proxy that compresses calls the same tag a weak one.
  return known?.split(',').some((each) => each.trim().replace(/^W\//, '') === tag) === true;
}
