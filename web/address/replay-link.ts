import type { EpochMs } from '@tapedeck/market/number/level';
import type { ReplaySpeed } from '@tapedeck/market/wire/replay';

/** The contents of an address of `/replay/[session]`: moment, speed, symbol. */
export type ReplayPlace = {
  readonly at: EpochMs | undefined;
  readonly speed: ReplaySpeed | undefined;
  readonly symbol: string | undefined;
};

/** The range of P27. The wire's own constants would load its schemas, which this page does without. */
const MIN_SPEED = 0.1;
const MAX_SPEED = 1_000;

/** Speeds of the `,` and `.` keys and of the menu. */
export const SPEEDS: readonly ReplaySpeed[] = [
  0.1,
  0.25,
  0.5,
  1,
  2,
  5,
  10,
  30,
  60,
  100,
  300,
  1_000,
  'max',
];

export function speedText(speed: ReplaySpeed): string {
  return speed === 'max' ? 'max' : `${speed}×`;
}

/** The next faster (1) or slower (-1) step from any speed. */
export function nextSpeed(speed: ReplaySpeed, by: 1 | -1): ReplaySpeed {
  const order = (one: ReplaySpeed) => (one === 'max' ? Infinity : one);
  const faster = SPEEDS.find((one) => order(one) > order(speed));
  const slower = SPEEDS.findLast((one) => order(one) < order(speed));
  return (by > 0 ? faster : slower) ?? speed;
}

/** The nearest of `moments` after the clock (`by` > 0) or before it; undefined if there is none. */
export function nextMoment(
  moments: readonly EpochMs[],
  clock: EpochMs,
  by: number,
): EpochMs | undefined {
  const ordered = moments.toSorted((a, b) => a - b);
  return by > 0 ? ordered.find((at) => at > clock) : ordered.findLast((at) => at < clock - 1);
}

/** Reads `?t=&s=&sym=`. An invalid value is left out: a damaged link opens the session, not an error. */
export function placeFrom(query: {
  readonly t?: string | null;
  readonly s?: string | null;
  readonly sym?: string | null;
}): ReplayPlace {
  return { at: momentFrom(query.t), speed: speedFrom(query.s), symbol: query.sym ?? undefined };
}

function momentFrom(text: string | null | undefined): EpochMs | undefined {
  if (text === null || text === undefined || text === '') return undefined;
  const at = /^\d{12,14}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(at) ? at : undefined;
}

function speedFrom(text: string | null | undefined): ReplaySpeed | undefined {
  if (text === 'max') return 'max';
  const value = Number(text ?? Number.NaN);
  return value >= MIN_SPEED && value <= MAX_SPEED ? value : undefined;
}

/** The position of a replay as its address has it, to the millisecond. */
export type StatedPlace = {
  readonly at: EpochMs;
  readonly speed: ReplaySpeed;
  readonly symbol: string;
};

export function placeQuery({ at, speed, symbol }: StatedPlace): {
  readonly t: string;
  readonly s: string;
  readonly sym: string;
} {
  return { t: new Date(at).toISOString(), s: String(speed), sym: symbol };
}

/** Path and query that open a session paused at a moment. */
export function replayPath(session: string, place: StatedPlace): string {
  return `/replay/${encodeURIComponent(session)}?${new URLSearchParams(placeQuery(place))}`;
}

/** The moment clamped to the session: its clock ends one past the last event, when that has happened, too. */
export function momentWithin(
  { from, to }: { readonly from: EpochMs; readonly to: EpochMs },
  at: EpochMs,
): EpochMs {
  return Math.round(Math.min(to + 1, Math.max(from, at)));
}
