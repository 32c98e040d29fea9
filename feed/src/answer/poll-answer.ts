/*
 * Answers that are polled (P32): a client that names the tag of its body gets 304 without a body if nothing changed.
 * The tag is a hash of the body, so a changed body never counts as unchanged. Every answer, also a 304, carries the
 * feed's clock: it proves until when nothing has changed, which no cache on the way can claim.
 */
import { createHash } from 'node:crypto';

import type { Context } from 'hono';

import type { Moment } from '@tapedeck/market/time/clock';

/** The feed's clock when the answer was true, epoch ms. */
const TIME_HEADER = 'Feed-Time';

/**
 * That moment on a clock that never steps, ms: of two answers from one feed process, the later one has the higher
 * value.
 */
const MONOTONIC_HEADER = 'Feed-Monotonic';

/**
 * For each market of the answer, in order: milliseconds since its source was last heard, or empty if nothing proves
 * it alive (P20b).
 */
const HEARD_HEADER = 'Feed-Heard';

/** The 304 of a route that can be polled, for its description. */
export const UNCHANGED = {
  304: { description: 'Unchanged: the client has the body named by `If-None-Match`' },
} as const;

/** For each market of an answer. */
export type Heard = readonly (number | undefined)[];

/** Sets the headers of a polled answer at the moment `at`; true if the client has this body already and gets 304. */
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
  // `*` matches any body (RFC 9110, section 13.1.2), and there is one.
  if (known?.trim() === '*') return true;
  // A compressing proxy makes the same tag weak.
  return known?.split(',').some((each) => each.trim().replace(/^W\//, '') === tag) === true;
}
