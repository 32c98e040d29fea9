/*
 * The life of an alert rule. `met` and `unmet` come with samples, `due` when a state has been held long enough,
 * `lost` and `regained` with the market's data.
 *
 *            met              due (forMs held)
 *   normal ------> pending ------------------> firing
 *     ^  ^-- unmet ---'                       |     ^
 *     |                                 unmet |     | met (the same episode)
 *     '------------ due ---- recovering <-----'-----'
 *
 *   every watching state -- lost --> no-data -- regained --> normal, or firing if it was: the same episode (P13d)
 *   every state -- failed --> error -- reset --> normal
 */
import type { MonotonicMs } from '@tapedeck/market/time/clock';
import type { AlertState } from '@tapedeck/market/wire/event';

export const ALERT_SIGNALS = [
  'met',
  'unmet',
  'due',
  'lost',
  'regained',
  'failed',
  'reset',
] as const;
export type AlertSignal = (typeof ALERT_SIGNALS)[number];

/** A state and since when. */
export type AlertPhase = {
  readonly state: AlertState;
  readonly since: MonotonicMs;
  /** For `no-data`: it was firing when the data was lost. */
  readonly wasFiring?: boolean;
};

/** How long a condition must be gone before its episode is over, ms: prices oscillate around a level. */
export const RECOVER_MS = 1_000;

const NEXT: Readonly<Record<AlertState, Readonly<Record<AlertSignal, AlertState>>>> = {
  normal: {
    met: 'pending',
    unmet: 'normal',
    due: 'normal',
    lost: 'no-data',
    regained: 'normal',
    failed: 'error',
    reset: 'normal',
  },
  pending: {
    met: 'pending',
    unmet: 'normal',
    due: 'firing',
    lost: 'no-data',
    regained: 'pending',
    failed: 'error',
    reset: 'normal',
  },
  firing: {
    met: 'firing',
    unmet: 'recovering',
    due: 'firing',
    lost: 'no-data',
    regained: 'firing',
    failed: 'error',
    reset: 'normal',
  },
  recovering: {
    met: 'firing',
    unmet: 'recovering',
    due: 'normal',
    lost: 'no-data',
    regained: 'recovering',
    failed: 'error',
    reset: 'normal',
  },
  // A sample that arrives while the data cannot be trusted means nothing.
  'no-data': {
    met: 'no-data',
    unmet: 'no-data',
    due: 'no-data',
    lost: 'no-data',
    regained: 'normal',
    failed: 'error',
    reset: 'normal',
  },
  error: {
    met: 'error',
    unmet: 'error',
    due: 'error',
    lost: 'error',
    regained: 'error',
    failed: 'error',
    reset: 'normal',
  },
};

/** The phase after `signal`; the same object if nothing changes, so that `since` stays. */
export function alertTransition(
  phase: AlertPhase,
  signal: AlertSignal,
  now: MonotonicMs,
): AlertPhase {
  const isSameEpisode = signal === 'regained' && phase.wasFiring === true;
  const state = isSameEpisode ? 'firing' : NEXT[phase.state][signal];
  if (state === phase.state) return phase;
  const wasFiring = phase.state === 'firing' || phase.state === 'recovering';
  return state === 'no-data' && wasFiring
    ? { state, since: now, wasFiring }
    : { state, since: now };
}

/** Whether the phase has been held long enough for `due`: a pending rule for `forMs`, a recovering one for 1 s. */
export function isDue(phase: AlertPhase, forMs: number, now: MonotonicMs): boolean {
  if (phase.state === 'pending') return now - phase.since >= forMs;
  return phase.state === 'recovering' && now - phase.since >= RECOVER_MS;
}
