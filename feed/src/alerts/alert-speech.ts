/*
 * Which changes of state a rule reports, and which it holds back for a while: immutable, `now` is an argument.
 *
 *   nothing ──fired, failed──▶ trouble ──blinded──▶ blind      told: what was reported last
 *      ▲                          ▲                   │
 *      │                          └────── resumed ────┤
 *      └── ended, watched ─── from either ────────────┘
 *
 * It reports a firing at most once in its quiet time, and likewise missing data; what was not reported is owed, and a
 * later tick reports it if it is still so.
 */
import { LONG_AGO, type MonotonicMs } from '@tapedeck/market/time/clock';
import type { AlertState } from '@tapedeck/market/wire/event';

/**
 * A rule reports a firing at most once in this time, and likewise missing data; it counts what it does not report.
 */
export const QUIET_MS = 10_000;

/** `more`: how often it fired unreported since its last message. `value` decided: price ticks, or an age in ms. */
export type Utterance = {
  readonly before: AlertState;
  readonly value: number | null;
  readonly more: number;
};

export type Speech = {
  /** What it reported last and has not reported the end of; `blind` is missing data. */
  readonly told: 'nothing' | 'trouble' | 'blind';
  /** Firings since then that were not reported, because of the quiet time. */
  readonly unsaid: number;
  /** The state before the one still to be reported, and the value that decided then. */
  readonly owed: Omit<Utterance, 'more'> | undefined;
  /** When it last reported a firing, missing data, an error: each has its own quiet time. */
  readonly saidAt: Readonly<Partial<Record<AlertState, MonotonicMs>>>;
};

export const SILENT: Speech = { told: 'nothing', unsaid: 0, owed: undefined, saidAt: {} };

export type SpeechStep = { readonly speech: Speech; readonly says: Utterance | undefined };

/** What a change of state means to listeners. `watched`: it is watched again after it could not be. */
export type News = 'none' | 'fired' | 'resumed' | 'blinded' | 'failed' | 'ended' | 'watched';

/** From, to. Back from recovering is the same episode, already reported. */
const NEWS: Readonly<Record<AlertState, Readonly<Record<AlertState, News>>>> = {
  normal: newsTo({ normal: 'none', firing: 'fired' }),
  pending: newsTo({ normal: 'ended', firing: 'fired' }),
  firing: newsTo({ normal: 'ended', firing: 'none' }),
  recovering: newsTo({ normal: 'ended', firing: 'none' }),
  'no-data': { ...newsTo({ normal: 'watched', firing: 'resumed' }), 'no-data': 'none' },
  error: { ...newsTo({ normal: 'watched', firing: 'fired' }), error: 'none' },
};

function newsTo(own: Readonly<Record<'normal' | 'firing', News>>): Record<AlertState, News> {
  return { pending: 'none', recovering: 'none', 'no-data': 'blinded', error: 'failed', ...own };
}

export function newsOf(from: AlertState, to: AlertState): News {
  return NEWS[from][to];
}

/**
 * A change of state. `isMoment`: of a crossing, whose end is not reported. What was owed for the previous state no
 * longer applies.
 */
export type Change = {
  readonly from: AlertState;
  readonly to: AlertState;
  readonly isMoment: boolean;
  readonly value: number | null;
};

/** What a rule reports of a change of state at `now`. Total: any change may follow any report. */
export function speakOfChange(speech: Speech, change: Change, now: MonotonicMs): SpeechStep {
  const { from: before, to, isMoment, value } = change;
  const quiet = speech.owed === undefined ? speech : { ...speech, owed: undefined };
  switch (newsOf(before, to)) {
    case 'none':
      return { speech: quiet, says: undefined };
    case 'fired':
    case 'blinded':
      return isQuiet(quiet, to, now)
        ? { speech: owing(quiet, to, { before, value }), says: undefined }
        : say(quiet, to, { before, value }, now);
    case 'failed':
      return say(quiet, to, { before, value }, now);
    case 'resumed':
      // News only if it was reported that it could not be watched.
      return quiet.told === 'blind'
        ? { speech: { ...quiet, told: 'trouble' }, says: { before, value, more: quiet.unsaid } }
        : { speech: quiet, says: undefined };
    case 'ended':
      return isMoment ? { speech: quiet, says: undefined } : end(quiet, before, value);
    case 'watched':
      return end(quiet, before, value);
  }
}

/** What was owed for `state`, once its quiet time is over. */
export function speakOwed(speech: Speech, state: AlertState, now: MonotonicMs): SpeechStep {
  if (speech.owed === undefined || isQuiet(speech, state, now)) return { speech, says: undefined };
  // The firing reported now is not an unreported one.
  const unsaid = speech.unsaid - (state === 'firing' ? 1 : 0);
  return say({ ...speech, unsaid }, state, speech.owed, now);
}

function isQuiet({ saidAt }: Speech, state: AlertState, now: MonotonicMs): boolean {
  return now - (saidAt[state] ?? LONG_AGO) < QUIET_MS;
}

function owing(speech: Speech, state: AlertState, owed: Speech['owed']): Speech {
  return { ...speech, owed, unsaid: speech.unsaid + (state === 'firing' ? 1 : 0) };
}

function say(
  { unsaid, saidAt }: Speech,
  state: AlertState,
  { before, value }: Omit<Utterance, 'more'>,
  now: MonotonicMs,
): SpeechStep {
  const isFiring = state === 'firing';
  return {
    speech: {
      told: state === 'no-data' ? 'blind' : 'trouble',
      unsaid: isFiring ? 0 : unsaid,
      owed: undefined,
      saidAt: { ...saidAt, [state]: now },
    },
    says: { before, value, more: isFiring ? unsaid : 0 },
  };
}

/** The end of what was reported. */
function end(speech: Speech, before: AlertState, value: number | null): SpeechStep {
  if (speech.told === 'nothing') return { speech, says: undefined };
  return { speech: { ...speech, told: 'nothing' }, says: { before, value, more: 0 } };
}
