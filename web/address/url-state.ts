import { createParser, parseAsString, parseAsStringLiteral } from 'nuqs';

import { CANDLE_INTERVALS, INTERVAL_MS, type CandleInterval } from '@tapedeck/market/tape/candle';

import { groupFrom } from './grouping.ts';
import { LADDER_BARS } from './ladder-bars.ts';
import { sortFrom, sortText } from './watch-order.ts';

/** `?tf=`: the chart's interval. */
export const intervalParser = parseAsStringLiteral(CANDLE_INTERVALS).withDefault('1m');

/** Enough bars for a readable chart. */
const READABLE_BARS = 90;

/**
 * The widest interval up to a minute that still gives a readable number of bars over the span. If the recording has
 * no such candles (`known`, if known), the shortest that it has.
 */
export function intervalFor(spanMs: number, known?: readonly CandleInterval[]): CandleInterval {
  const upToMinute = CANDLE_INTERVALS.filter((interval) => INTERVAL_MS[interval] <= 60_000);
  const wanted =
    upToMinute.findLast((interval) => spanMs / INTERVAL_MS[interval] >= READABLE_BARS) ?? '1s';
  return known === undefined || known.includes(wanted) ? wanted : (known[0] ?? wanted);
}

/** `?g=`: ticks per row of the ladder; anything that is not a step means 1. */
export const groupParser = createParser({
  parse: (text: string) => groupFrom(Number(text)),
  serialize: (groupTicks: number) => String(groupTicks),
}).withDefault(1);

/** `?bars=`: which bars a ladder has. */
export const barsParser = parseAsStringLiteral(LADDER_BARS).withDefault('both');

/** `?min=`: the smallest size shown in a tape, as typed. */
export const leastParser = parseAsString.withDefault('');

/** `?each=1`: a tape that merges no prints. */
export const eachParser = parseAsStringLiteral(['1'] as const);

/** `?section=` of the settings. */
export const SETTINGS_SECTIONS = ['preferences', 'sources'] as const;
export type SettingsSection = (typeof SETTINGS_SECTIONS)[number];
export const sectionParser = parseAsStringLiteral(SETTINGS_SECTIONS).withDefault('preferences');

/** `?sort=`: the column that the watchlist is sorted by, `-change` for descending. */
export const sortParser = createParser({
  parse: sortFrom,
  serialize: sortText,
  eq: (a, b) => a.column === b.column && a.descending === b.descending,
}).withDefault({ column: 'symbol', descending: false });

/** Whole numbers from 0, with nothing around them: `30x` is not one. Null for anything else. */
export function wholeFrom(text: string): number | null {
  const value = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(value) ? value : null;
}

/** A whole number, `?scene=` of the wall or `?to=` of the history; null without one. */
export const wholeParser = createParser({ parse: wholeFrom, serialize: String });
