import type { History } from '@tapedeck/db/history';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { LoggedEvent } from '@tapedeck/market/wire/event';
import type { StepUnit } from '@tapedeck/market/wire/replay';

import { ReplayCursor } from './replay-cursor.ts';

const UNIT_MS: Readonly<Partial<Record<StepUnit, number>>> = { second: 1_000, minute: 60_000 };
/**
 * How far back the previous events, trades or headlines are looked for: five times as far each time, so that not much
 * more is read than is stepped over, however busy the market was.
 */
const LOOK_BACK_MS = [
  2_000,
  ...Array.from({ length: 7 }, (_, i) => 10_000 * 5 ** i),
  Number.MAX_SAFE_INTEGER,
];

export type StepScope = {
  readonly history: History;
  readonly session: string;
  /** The symbols whose events and trades count; `newsOf` limits headlines to one market (P29c). */
  readonly symbols: readonly string[];
  readonly newsOf?: string | undefined;
  readonly range: { readonly from: EpochMs; readonly to: EpochMs };
};

/**
 * The clock after `count` steps from `time`: one millisecond past the event stepped to, because at clock t everything
 * before t has happened. Clamped to the session; undefined if no headline is left in that direction: headlines are so
 * far apart that the end of the session would be no answer.
 */
export function stepTarget(
  scope: StepScope,
  time: EpochMs,
  unit: StepUnit,
  count: number,
): EpochMs | undefined {
  const { from, to } = scope.range;
  const clamp = (at: EpochMs): EpochMs => Math.min(to, Math.max(from, at));
  const unitMs = UNIT_MS[unit];
  if (unitMs !== undefined) return clamp(time + unitMs * count);
  const target =
    count >= 0 ? forwards(scope, time, unit, count) : backwards(scope, time, unit, -count);
  return target === undefined ? undefined : clamp(target);
}

function forwards(
  scope: StepScope,
  time: EpochMs,
  unit: StepUnit,
  count: number,
): EpochMs | undefined {
  let reached = time;
  let left = count;
  for (const at of timesOf(scope, time, scope.range.to, unit)) {
    if (left === 0) break;
    reached = at + 1;
    left--;
  }
  if (unit === 'news') return left < count ? reached : undefined;
  return left > 0 ? scope.range.to : reached;
}

function backwards(
  scope: StepScope,
  time: EpochMs,
  unit: StepUnit,
  count: number,
): EpochMs | undefined {
  for (const lookBackMs of LOOK_BACK_MS) {
    const from = Math.max(scope.range.from, time - lookBackMs);
    // A clock just after an event, at time - 1, steps back to the event before that one.
    const times = [...timesOf(scope, from, time, unit)];
    if (times.at(-1) === time - 1) times.pop();
    const target = times.at(-count);
    if (target !== undefined) return target + 1;
    if (from > scope.range.from) continue;
    const [first] = times;
    return unit === 'news' ? first && first + 1 : scope.range.from;
  }
  return scope.range.from;
}

/** Times at which something of that unit happens, `from <= t < to`, ascending, each once. */
function* timesOf(
  scope: StepScope,
  from: EpochMs,
  to: EpochMs,
  unit: StepUnit,
): Generator<EpochMs> {
  const lanes = unit === 'trade' ? 'trades' : unit === 'news' ? 'news' : 'all';
  const cursor = new ReplayCursor(scope.history, scope.session, scope.symbols, from, lanes);
  let last = -1;
  for (;;) {
    const event = cursor.takeBefore(to);
    if (event === undefined) return;
    const counts =
      unit === 'trade'
        ? event.kind === 'trade'
        : unit === 'news'
          ? event.kind === 'event' && isHeadlineOf(event.event, scope.newsOf)
          : event.kind !== 'gap' && event.kind !== 'gap-end';
    if (!counts || event.time === last) continue;
    last = event.time;
    yield event.time;
  }
}

function isHeadlineOf(event: LoggedEvent, symbol: string | undefined): boolean {
  return event.topic === 'news' && (symbol === undefined || event.body.symbols.includes(symbol));
}
