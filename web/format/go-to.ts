/*
 * What the replay's go-to box understands: `14:03`, `14:03:22.120`, `2024-08-08 14:03`, each in the clock's zone or
 * with one of its own (`Z`, `+02:00`), an epoch in milliseconds, `+5m`, `-30s`, `start`, `end`.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

import { momentsAt, type TimeZoneChoice, wallAt } from './time-zone.ts';

export type GoToContext = {
  readonly clock: EpochMs;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly zone: TimeZoneChoice;
};
export type GoTo = { readonly to: EpochMs } | { readonly problem: string };

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const DAY_MS = 86_400_000;
const RELATIVE = /^([+\-\u2212])\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)$/i;
const DATED = /^(\d{4})-(\d{2})-(\d{2})[T ]+(.+)$/i;
const ZONED = /^(.+?)\s*(?:(Z)|([+\-\u2212])(\d{2}):?(\d{2}))$/i;
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3}))?)?$/;

/** The moment that `text` means, within the session; or what is wrong with it. */
export function parseGoTo(text: string, context: GoToContext): GoTo {
  const input = text.trim();
  if (input === '') return { problem: 'Type a time (14:03:22.120) or a step (+5m).' };
  if (/^start$/i.test(input)) return { to: context.from };
  if (/^end$/i.test(input)) return { to: context.to };
  const named = relative(input, context.clock) ?? absolute(input, context);
  if (named === undefined)
    return { problem: `“${input}” is not a time. Try 14:03, 14:03:22.120 or +5m.` };
  if ('problem' in named) return named;
  const at = named.to;
  if (at < context.from || at > context.to) {
    // A relative step past an end means the end; an absolute time outside is an error.
    if (RELATIVE.test(input)) return { to: at < context.from ? context.from : context.to };
    return { problem: `${input} is outside this session.` };
  }
  return named;
}

function relative(input: string, clock: EpochMs): GoTo | undefined {
  const parts = RELATIVE.exec(input);
  if (parts === null) return undefined;
  const [, sign, amount, unit = 's'] = parts;
  const size = Number(amount) * (UNIT_MS[unit.toLowerCase()] ?? 1_000);
  return { to: Math.round(sign === '+' ? clock + size : clock - size) };
}

function absolute(input: string, context: GoToContext): GoTo | undefined {
  if (/^\d{13}$/.test(input)) return { to: Number(input) };
  const dated = DATED.exec(input);
  const [, year, month, day, rest = input] = dated ?? [];
  const { clock, momentsOf, show } = clockOf(rest, context.zone);
  const inDay = timeOfDay(clock);
  if (inDay === undefined) return undefined;
  const today = Math.floor(show(context.clock) / DAY_MS) * DAY_MS;
  const days =
    dated === null
      ? [today, today - DAY_MS, today + DAY_MS]
      : [Date.UTC(Number(year), Number(month) - 1, Number(day))];
  // Without a date: the session's day nearest to the clock; in a repeated hour the nearer of the two.
  const moments = days.flatMap((each) =>
    momentsOf(each + inDay).toSorted(
      (a, b) => Math.abs(a - context.clock) - Math.abs(b - context.clock),
    ),
  );
  const at = moments.find((each) => each >= context.from && each <= context.to) ?? moments[0];
  return at === undefined ? { problem: `${input} does not exist: clocks skipped it.` } : { to: at };
}

/** The time of day in the text, and the offset of its zone: the one in the text, or that of `zone`. */
function clockOf(
  text: string,
  zone: TimeZoneChoice,
): {
  readonly clock: string;
  readonly momentsOf: (wall: number) => readonly EpochMs[];
  readonly show: (at: EpochMs) => number;
} {
  const zoned = ZONED.exec(text);
  if (zoned === null)
    return {
      clock: text,
      momentsOf: (wall) => momentsAt(zone, wall),
      show: (at) => wallAt(zone, at),
    };
  const [, clock = '', , sign, hours = '0', minutes = '0'] = zoned;
  const size = Number(hours) * 3_600_000 + Number(minutes) * 60_000;
  const offset = sign === undefined || sign === '+' ? size : -size;
  return { clock, momentsOf: (wall) => [wall - offset], show: (at) => at + offset };
}

function timeOfDay(text: string): number | undefined {
  const parts = CLOCK.exec(text.trim());
  if (parts === null) return undefined;
  const [, hours, minutes, seconds = '0', fraction = '0'] = parts;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const ms = Number(fraction.padEnd(3, '0'));
  return Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000 + ms;
}
