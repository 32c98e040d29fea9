import { CANDLE_INTERVALS } from '@tapedeck/market/tape/candle';

import { GROUP_STEPS } from './grouping.ts';
import { LADDER_BARS } from './ladder-bars.ts';
import { placeFrom } from './replay-link.ts';
import { wholeFrom } from './url-state.ts';
import { everyFrom, LEAST_SECONDS, MOST_SECONDS } from './wall-address.ts';
import { WALL_THEMES } from './wall-theme.ts';
import { sortFrom, WATCH_COLUMNS } from './watch-order.ts';

/** A longer value is cut: an address may contain anything. */
const SHOWN_CHARACTERS = 40;

type Field = {
  readonly name: string;
  readonly takes: (text: string) => boolean;
  /** What the field takes, as text for the user. */
  readonly expected: string;
};

const INTERVAL: Field = {
  name: 'tf',
  takes: (text) => CANDLE_INTERVALS.some((interval) => interval === text),
  expected: `an interval is one of ${CANDLE_INTERVALS.join(', ')}`,
};
const GROUP: Field = {
  name: 'g',
  takes: (text) => GROUP_STEPS.some((step) => step === Number(text)),
  expected: `a grouping is one of ${GROUP_STEPS.join(', ')}`,
};
const BARS: Field = {
  name: 'bars',
  takes: (text) => LADDER_BARS.some((bars) => bars === text),
  expected: `bars are one of ${LADDER_BARS.join(', ')}`,
};
const EACH: Field = {
  name: 'each',
  takes: (text) => text === '1',
  expected: 'the tape takes each=1',
};
const VIEW = [INTERVAL, GROUP, BARS, EACH];
const SORT: Field = {
  name: 'sort',
  takes: (text) => sortFrom(text) !== null,
  expected: `a sort is one of ${WATCH_COLUMNS.join(', ')}, with - in front for high to low`,
};
const PAGES: readonly (readonly [start: string, fields: readonly Field[]])[] = [
  ['/s/', VIEW],
  [
    '/replay/',
    [
      ...VIEW,
      {
        name: 't',
        takes: (t) => placeFrom({ t }).at !== undefined,
        expected: 'a moment is written 2026-01-31T14:03:22.120Z or in epoch milliseconds',
      },
      {
        name: 's',
        takes: (s) => placeFrom({ s }).speed !== undefined,
        expected: 'a speed is 0.1 to 1000, or max',
      },
    ],
  ],
  [
    '/history',
    [
      INTERVAL,
      {
        name: 'to',
        takes: (text) => wholeFrom(text) !== null,
        expected: 'a moment is in epoch milliseconds',
      },
    ],
  ],
  [
    '/wall',
    [
      {
        name: 'theme',
        takes: (text) => WALL_THEMES.some((theme) => theme === text),
        expected: `a theme is one of ${WALL_THEMES.join(', ')}`,
      },
      {
        name: 'every',
        takes: (text) => everyFrom(text) !== null,
        expected: `whole seconds from ${LEAST_SECONDS} to ${MOST_SECONDS}`,
      },
      {
        name: 'scene',
        takes: (text) => wholeFrom(text) !== null,
        expected: 'a whole number from 0',
      },
    ],
  ],
];

export type AddressProblem = { readonly title: string; readonly expected: string };

/** The fields of a page's address that its parsers reject; empty if all are valid. */
export function addressProblems(path: string, search: string): readonly AddressProblem[] {
  const asked = new URLSearchParams(search);
  const fields =
    path === '/' ? [SORT] : (PAGES.find(([start]) => path.startsWith(start))?.[1] ?? []);
  return fields.flatMap(({ name, takes, expected }) => {
    const value = asked.get(name);
    if (value === null || takes(value)) return [];
    const shown = value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value;
    return [{ title: `${name}=${shown} is ignored`, expected }];
  });
}
