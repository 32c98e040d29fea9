import type { EpochMs } from '@tapedeck/market/number/level';

import { ABSENT } from './number-style.ts';
import { offsetAt, type TimeZoneChoice, wallAt } from './time-zone.ts';

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));
const three = (value: number): string => String(value).padStart(3, '0');

/** The fields of a moment in the zone, to be read as if they were UTC. */
function fields(time: EpochMs, zone: TimeZoneChoice): Date {
  return new Date(wallAt(zone, time));
}

/** `14:03:22`, and with `places` 3 `14:03:22.120`. */
export function timeText(
  time: EpochMs | undefined,
  zone: TimeZoneChoice,
  places: 0 | 3 = 0,
): string {
  if (time === undefined || !Number.isFinite(time)) return ABSENT;
  const at = fields(time, zone);
  const seconds = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  return places === 3 ? `${seconds}.${three(at.getUTCMilliseconds())}` : seconds;
}

/** `14:03`. */
export function minuteText(time: EpochMs, zone: TimeZoneChoice): string {
  return timeText(time, zone).slice(0, 5);
}

/** `2024-08-08`. */
export function dateText(time: EpochMs | undefined, zone: TimeZoneChoice): string {
  if (time === undefined || !Number.isFinite(time)) return ABSENT;
  return fields(time, zone).toISOString().slice(0, 10);
}

/** `2024-08-08 14:03:22`. */
export function dateTimeText(time: EpochMs | undefined, zone: TimeZoneChoice): string {
  if (time === undefined) return ABSENT;
  return `${dateText(time, zone)} ${timeText(time, zone)}`;
}

/** `2024-10-27 02:45:00`, and outside UTC `2024-10-27 02:45:00 UTC+01:00`: no two moments look alike. */
export function zonedTimeText(time: EpochMs, zone: TimeZoneChoice): string {
  const text = dateTimeText(time, zone);
  return zone === 'utc' ? text : `${text} ${zoneText(zone, time)}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `8 Aug`. */
export function dayText(time: EpochMs, zone: TimeZoneChoice): string {
  const at = fields(time, zone);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()] ?? ''}`;
}

/** The zone's offset from UTC at a moment: `UTC`, `UTC+02:00`. It is valid only for that moment. */
export function zoneText(zone: TimeZoneChoice, at: EpochMs): string {
  const minutes = Math.round(offsetAt(zone, at) / 60_000);
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `UTC${minutes > 0 ? '+' : '\u2212'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Age of a value, short: `0.2s`, `3.4s`, `42s`, `12m`, `3h`, `5d`. */
export function ageText(ageMs: number): string {
  const age = Math.max(0, ageMs);
  if (age < 9_950) return `${(age / 1_000).toFixed(1)}s`;
  if (age < 90_000) return `${Math.round(age / 1_000)}s`;
  if (age < 5_400_000) return `${Math.round(age / 60_000)}m`;
  if (age < 129_600_000) return `${Math.round(age / 3_600_000)}h`;
  return `${Math.round(age / 86_400_000)}d`;
}

/** How long something has been stale: `00:12`, `1:02:03`. */
export function stopwatchText(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1_000));
  const hours = Math.floor(seconds / 3_600);
  const rest = `${two(Math.floor((seconds % 3_600) / 60))}:${two(seconds % 60)}`;
  return hours === 0 ? rest : `${hours}:${rest}`;
}

/** A duration in words: `6 h 12 min`, `42 min`, `8 s`, `350 ms`. */
export function spanText(spanMs: number): string {
  if (spanMs < 1_000) return `${Math.round(spanMs)} ms`;
  if (spanMs < 120_000) return `${Math.round(spanMs / 1_000)} s`;
  const minutes = Math.round(spanMs / 60_000);
  if (minutes < 120) return `${minutes} min`;
  if (minutes < 2_880) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1_440)} d ${Math.round((minutes % 1_440) / 60)} h`;
}
