/*
 * Between moments and what clocks of a zone show. All arithmetic of zones is here, and all knowledge of them is the
 * browser's own, asked by `@date-fns/tz`: an offset belongs to a moment, never to a day or to a page.
 *
 * "Wall" milliseconds are the date and time that a clock shows, written as if it were UTC: days of them are 24 h long.
 */
import { tzOffset } from '@date-fns/tz/tzOffset';

import type { EpochMs } from '@tapedeck/market/number/level';

/** In which zone times are written: UTC, this computer's, or a named one. The zone is always named beside them. */
export type TimeZoneChoice = 'utc' | 'local' | `${string}/${string}`;

/** No zone of our time changes its clocks but at a quarter of an hour. */
const QUARTER_MS = 900_000;
/** Offsets kept of each zone: days of rows, then the cache begins anew. */
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

/** What a clock of the zone is ahead of UTC at a moment, ms. */
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

/** Whether a day of the zone begins then. */
export function isMidnight(zone: TimeZoneChoice, at: EpochMs): boolean {
  return wallAt(zone, at) % DAY_MS === 0;
}

/** The moments at which a clock of the zone shows this: two in the hour that comes twice, none in the one left out. */
export function momentsAt(zone: TimeZoneChoice, wall: number): readonly EpochMs[] {
  // Clocks are changed at most once within two days: one of the offsets on either side holds.
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
    // Where a midnight is left out the day begins with the change.
    const at = momentsAt(zone, wall)[0] ?? wall - offsetAt(zone, wall - DAY_MS);
    if (at > from && at < to) midnights.push(at);
  }
  return midnights;
}
