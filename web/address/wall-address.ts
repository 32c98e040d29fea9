import { createParser } from 'nuqs';

import { wholeFrom } from './url-state.ts';

const EVERY_SECONDS = 30;
export const LEAST_SECONDS = 3;
/** A day. Much more overflows a browser timer, which then fires constantly. */
export const MOST_SECONDS = 86_400;

export function everyFrom(text: string): number | null {
  const seconds = wholeFrom(text);
  return seconds !== null && seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS ? seconds : null;
}

/** `?every=`: seconds per scene. */
export const everyParser = createParser({ parse: everyFrom, serialize: String }).withDefault(
  EVERY_SECONDS,
);
