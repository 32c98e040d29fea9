/*
 * Converts between moments and what a zone's clocks show. All zone arithmetic is here, and all zone data is the
 * browser's own, read by `@date-fns/tz`: an offset belongs to a moment, never to a day or a page.
 *
 * "Wall" milliseconds are the date and time that a clock shows, written as if it were UTC: their days are 24 h long.
 */
import { tzOffset } from '@date-fns/tz/tzOffset';

import type { EpochMs } from '@tapedeck/market/number/level';

/** The zone of the times shown: UTC, this computer's, or a named one. Its name is always shown beside them. */
export type TimeZoneChoice = 'utc' | 'local' | `${string}/${string}`;

/** Today's zones change their clocks only at quarters of an hour. */
const QUARTER_MS = 900_000;
/** Offsets cached per zone: days of rows; then the cache starts over. */
const MAX_KEPT = 2_000;
const DAY_MS = 86_400_000;

let localName: string | undefined;
const offsets = new Map<string, Map<number, number>>();

/** The zone's own name: `UTC`, `Europe/Berlin`. */
export function zoneName(zone: TimeZoneChoice): string {
  if (zone === 'utc') return 'UTC';
  if (zone !== 'local') return zone;
  localName ??= new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return localName;
}

/** A zone's offset from UTC at a moment, in ms. */
export function offsetAt(zone: TimeZoneChoice, at: EpochMs): number {
  if (zone === 'utc') return 0;
  const name = zoneName(zone);
  let known = offsets.get(name);
  if (known === undefined || known.size > MAX_KEPT) offsets.set(name, (known = new Map()));
  const quarter = Math.floor(at / QUARTER_MS);
  let offset = known.get(quarter);
  if (offset === undefined) {
    const minutes = tzOffset(name, new Date(quarter * QUARTER_MS));
    offset = Number.isFinite(minutes) ? Math.round(minutes * 60_000) : 0;
    known.set(quarter, offset);
  }
  return offset;
}

/** What a clock of the zone shows at a moment. */
export function wallAt(zone: TimeZoneChoice, at: EpochMs): number {
  return at + offsetAt(zone, at);
}

/** Whether a day of the zone begins at that moment. */
export function isMidnight(zone: TimeZoneChoice, at: EpochMs): boolean {
  return wallAt(zone, at) % DAY_MS === 0;
}

/** The moments at which a clock of the zone shows `wall`: two in a repeated hour, none in a skipped one. */
export function momentsAt(zone: TimeZoneChoice, wall: number): readonly EpochMs[] {
  // Clocks change at most once within two days: one of the offsets on either side applies.
  const around = [offsetAt(zone, wall - DAY_MS), offsetAt(zone, wall + DAY_MS)];
  const moments = [...new Set(around)].map((offset) => wall - offset);
  return moments.filter((at) => wallAt(zone, at) === wall).toSorted((a, b) => a - b);
}

/** The beginning of each day of the zone within `from < t < to`. */
export function midnightsWithin(
  zone: TimeZoneChoice,
  from: EpochMs,
  to: EpochMs,
): readonly EpochMs[] {
  const midnights: EpochMs[] = [];
  const last = wallAt(zone, to);
  for (let wall = Math.ceil(wallAt(zone, from) / DAY_MS) * DAY_MS; wall <= last; wall += DAY_MS) {
    // If midnight is skipped, the day begins with the change.
    const at = momentsAt(zone, wall)[0] ?? wall - offsetAt(zone, wall - DAY_MS);
    if (at > from && at < to) midnights.push(at);
  }
  return midnights;
}
