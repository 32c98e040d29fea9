import type { EpochMs } from '@tapedeck/market/number/level';

import { dateTimeText, minuteText, timeText } from './time-text.ts';
import type { TimeZoneChoice } from './time-zone.ts';

type Named = { readonly id: string; readonly label: string; readonly from: EpochMs };

/** Unique names of sessions by id: their labels, and for equal labels also when each session begins. */
export function sessionNames(
  sessions: readonly Named[],
  zone: TimeZoneChoice,
): ReadonlyMap<string, string> {
  const byLabel = Map.groupBy(sessions, ({ id, label }) => (label === '' ? id : label));
  return new Map(
    [...byLabel].flatMap(([label, alike]) => {
      if (alike.length === 1) return alike.map(({ id }) => [id, label] as const);
      const marks = MARKS.map((markOf) => alike.map((session) => markOf(session, zone)));
      const told = marks.find((texts) => new Set(texts).size === alike.length) ?? [];
      return alike.map(({ id }, index) => [id, `${label} · ${told[index] ?? id}`] as const);
    }),
  );
}

/** The first of these that distinguishes them is used. */
const MARKS: readonly ((session: Named, zone: TimeZoneChoice) => string)[] = [
  ({ from }, zone) => minuteText(from, zone),
  ({ from }, zone) => timeText(from, zone),
  ({ from }, zone) => dateTimeText(from, zone),
  ({ id }) => id,
];
