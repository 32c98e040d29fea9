/*
 * What the replay's go-to box understands: `14:03`, `14:03:22.120`, `2024-08-08 14:03`, an ISO time, an epoch in
 * milliseconds, `+5m`, `-30s`, `start`, `end`.
 */
import type { EpochMs } from '@tapedeck/market/level';

import type { TimeZoneChoice } from './time-text.ts';

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
const DATED = /^(\d{4})-(\d{2})-(\d{2})[T ]+(.+?)(Z?)$/i;
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3}))?)?$/;

/** The moment that `text` names, within the session; or what is wrong with it. */
export function parseGoTo(text: string, context: GoToContext): GoTo {
  const input = text.trim();
  if (input === '') return { problem: 'Type a time (14:03:22.120) or a step (+5m).' };
  if (/^start$/i.test(input)) return { to: context.from };
  if (/^end$/i.test(input)) return { to: context.to };
  const at = relative(input, context.clock) ?? absolute(input, context);
  if (at === undefined)
    return { problem: `“${input}” is not a time. Try 14:03, 14:03:22.120 or +5m.` };
  if (at < context.from || at > context.to) {
    // A relative step past an end means the end; an absolute time outside is a mistake to be told.
    if (RELATIVE.test(input)) return { to: at < context.from ? context.from : context.to };
    return { problem: `${input} is outside of this session.` };
  }
  return { to: at };
}

function relative(input: string, clock: EpochMs): EpochMs | undefined {
  const parts = RELATIVE.exec(input);
  if (parts === null) return undefined;
  const [, sign, amount, unit = 's'] = parts;
  const size = Number(amount) * (UNIT_MS[unit.toLowerCase()] ?? 1_000);
  return Math.round(sign === '+' ? clock + size : clock - size);
}

function absolute(input: string, context: GoToContext): EpochMs | undefined {
  if (/^\d{13}$/.test(input)) return Number(input);
  const dated = DATED.exec(input);
  if (dated !== null) {
    const [, year, month, day, clock = '', utc] = dated;
    const zone = utc === '' ? context.zone : 'utc';
    const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day));
    const inDay = timeOfDay(clock);
    return inDay === undefined ? undefined : midnight + inDay + shiftOf(midnight, zone);
  }
  const inDay = timeOfDay(input);
  if (inDay === undefined) return undefined;
  // A time without a date: the day of the session nearest to the clock that has it.
  const shift = shiftOf(context.clock, context.zone);
  const midnight = Math.floor((context.clock - shift) / DAY_MS) * DAY_MS + shift;
  const candidates = [midnight, midnight - DAY_MS, midnight + DAY_MS].map((day) => day + inDay);
  return candidates.find((at) => at >= context.from && at <= context.to) ?? candidates[0];
}

/** Milliseconds to add to a zone's wall time to get UTC. */
function shiftOf(at: EpochMs, zone: TimeZoneChoice): number {
  return zone === 'utc' ? 0 : new Date(at).getTimezoneOffset() * 60_000;
}

function timeOfDay(text: string): number | undefined {
  const parts = CLOCK.exec(text.trim());
  if (parts === null) return undefined;
  const [, hours, minutes, seconds = '0', fraction = '0'] = parts;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const ms = Number(fraction.padEnd(3, '0'));
  return Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000 + ms;
}
