import type { EpochMs } from '@tapedeck/market/number/level';

import { dateTimeText, minuteText, timeText } from './time-text.ts';
import type { TimeZoneChoice } from './time-zone.ts';

type Named = { readonly id: string; readonly label: string; readonly from: EpochMs };

/** Names of sessions by id: their labels, and where several have the same one, when each begins; no two are alike. */
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

/** The shortest of these that tells them apart. */
const MARKS: readonly ((session: Named, zone: TimeZoneChoice) => string)[] = [
  ({ from }, zone) => minuteText(from, zone),
  ({ from }, zone) => timeText(from, zone),
  ({ from }, zone) => dateTimeText(from, zone),
  ({ id }) => id,
];
