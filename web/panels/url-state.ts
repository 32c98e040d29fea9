import { createParser, parseAsStringLiteral } from 'nuqs';

import { CANDLE_INTERVALS } from '@tapedeck/market/candle';

import { groupFrom } from './ladder/grouping.ts';

/** `?tf=`: the chart's interval. */
export const intervalParser = parseAsStringLiteral(CANDLE_INTERVALS).withDefault('1m');

/** `?g=`: ticks in one row of the ladder; anything that is no step means 1. */
export const groupParser = createParser({
  parse: (text: string) => groupFrom(Number(text)),
  serialize: (groupTicks: number) => String(groupTicks),
}).withDefault(1);
