import { createParser } from 'nuqs';

import { wholeFrom } from './url-state.ts';

const EVERY_SECONDS = 30;
export const LEAST_SECONDS = 3;
/** A day. Far more does not fit a timer of the browser, which then fires without end. */
export const MOST_SECONDS = 86_400;

export function everyFrom(text: string): number | null {
  const seconds = wholeFrom(text);
  return seconds !== null && seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS ? seconds : null;
}

/** `?every=`: seconds that a scene stands. */
export const everyParser = createParser({ parse: everyFrom, serialize: String }).withDefault(
  EVERY_SECONDS,
);
