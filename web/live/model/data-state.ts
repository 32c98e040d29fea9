/*
 * From facts to the words of section 3 of the dashboard's design. The order of the questions is the safety rule:
 * first what makes a value untrue (no link, a gap, the feed's own report), then how old it is. Nothing is `live`
 * without data younger than `LIVE_FLOOR_MS` or twice its own usual rhythm, and never beyond five seconds.
 *
 *   replay? ── link cut ─▶ disconnected        no link yet ─▶ loading ─(10 s)─▶ error
 *      │       gap ─▶ resyncing    halt ─▶ halted    feed's report ─▶ stale
 *      └─▶ replay            age ─▶ live ─▶ delayed ─▶ quiet (proved) or stale
 */
import type { EpochMs } from '@tapedeck/market/number/level';
import { LONG_AGO, type Moment, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { LinkReport, TopicHealth } from './deck-port.ts';
import type { DataState } from './view-model.ts';

/** Below this age data is live whatever its rhythm. */
export const LIVE_FLOOR_MS = 1_000;
/** Beyond this age nothing is live or delayed, unless its own rhythm is slower. */
export const STALE_AFTER_MS = 5_000;
/** The slowest rhythm that delays `stale` for data without a proof. */
const STALE_CEILING_MS = 30_000;
/** How long a proof of silence holds: a silent channel is in a heartbeat every two to three seconds (P20a). */
const PROOF_HOLDS_MS = 5_000;
/** A sign of life at most this much newer than our data may be that same data, arriving a flush earlier or later. */
const SAME_SIGN_MS = 250;
/** Waiting longer than this is an error with a retry. */
const LOADING_ERROR_MS = 10_000;

export type StateInput = {
  readonly health: TopicHealth | undefined;
  readonly link: LinkReport;
  readonly hasValue: boolean;
  /** When the page first wanted the topic. */
  readonly requestedAt: MonotonicMs;
  /** This moment, by the page's wall clock and by the clock that measures durations. */
  readonly now: Moment;
  /** The replay's clock; undefined if the deck is live. */
  readonly replayClock: EpochMs | undefined;
  readonly isReplay: boolean;
  /** For a live venue: how far its clock, which stamps the data, is ahead of the feed's. */
  readonly venueAheadMs?: number | undefined;
  /** When the open link was cut; undefined while it is open or was never open. */
  readonly cutAt?: MonotonicMs | undefined;
};

/** The state that a panel shows for a topic at `now`. */
export function deriveDataState(input: StateInput): DataState {
  const { health, link, now, hasValue } = input;
  const ageMs = ageOf(input);
  if (link.state !== 'open') {
    if (link.state === 'closed')
      return hasValue
        ? { kind: 'disconnected', ageMs, retryAt: undefined }
        : { kind: 'error', message: link.reason ?? 'the feed closed the link' };
    if (link.everOpen || hasValue) return { kind: 'disconnected', ageMs, retryAt: link.retryAt };
    return awaiting(input, link.reason ?? 'the feed');
  }
  if (health === undefined) return awaiting(input, 'the feed');
  switch (health.phase) {
    case 'error':
      return { kind: 'error', message: health.detail };
    case 'no-book':
      return { kind: 'no-book', mayCome: health.detail === 'no-book-yet' };
    case 'halted':
      return { kind: 'halted', reason: health.detail, ageMs };
    case 'resyncing':
      return { kind: 'resyncing', from: health.from, to: health.to, ageMs };
    case 'awaiting':
      return hasValue ? { kind: 'stale', ageMs } : awaiting(input, health.detail, health.since);
    case 'stale':
      return { kind: 'stale', ageMs };
    case 'ok':
      if (input.isReplay)
        return { kind: 'replay', clock: input.replayClock ?? health.eventTime ?? now.wall };
      return byAge(input, health, ageMs);
  }
}

/**
 * Milliseconds since the newest data: the larger of two measurements. The time since its arrival is measured on the
 * monotonic clock, so no step of a wall clock makes old data look new. Its market time is compared with the feed's
 * wall clock as known here: only that shows data that was old on arrival, and a machine that slept; after a step it
 * is wrong until the clocks have been measured again. A venue's own clock is compared with the feed's by the feed,
 * which measures the difference: it makes nothing look younger or older (V16). In a replay ages are those of the recording, by its clock: it
 * stops while paused, and gives the same age however a moment was reached. If the link of a replay is cut, the age is
 * that of the cut, since while paused nothing arrives anyway.
 */
function ageOf(input: StateInput): number {
  const { health, link, now, isReplay, replayClock, cutAt, venueAheadMs = 0 } = input;
  if (isReplay && link.state === 'open') {
    const heardOf = health?.eventTime ?? health?.statedSince ?? replayClock;
    return replayClock === undefined || heardOf === undefined
      ? 0
      : Math.max(0, replayClock - heardOf);
  }
  if (isReplay && cutAt !== undefined) return now.at - cutAt;
  if (health?.arrivedAt === undefined) return 0;
  const sinceArrival = now.at - health.arrivedAt;
  const sinceEvent =
    health.eventTime === undefined || isReplay
      ? 0
      : now.wall + (link.offsetMs ?? 0) + venueAheadMs - health.eventTime;
  return Math.max(0, sinceArrival, sinceEvent);
}

function byAge({ link, now }: StateInput, health: TopicHealth, ageMs: number): DataState {
  const rhythmMs = health.typicalMs === undefined ? 0 : 2 * health.typicalMs;
  // Between two polls nobody knows what happened: polled data is never live (P32c).
  if (link.transport === 'polling' && ageMs <= STALE_AFTER_MS) return { kind: 'delayed', ageMs };
  if (ageMs <= Math.min(STALE_AFTER_MS, Math.max(LIVE_FLOOR_MS, rhythmMs)))
    return { kind: 'live', ageMs };
  if (ageMs <= STALE_AFTER_MS) return { kind: 'delayed', ageMs };
  if (isProvenQuiet(health, now.at)) return { kind: 'quiet', ageMs };
  const patienceMs = Math.min(STALE_CEILING_MS, health.p99Ms ?? 0);
  return ageMs <= patienceMs ? { kind: 'delayed', ageMs } : { kind: 'stale', ageMs };
}

/** Whether the market's source was heard from recently, after our newest data, and had nothing for us (P20b). */
function isProvenQuiet({ provenAt, heardAt, arrivedAt }: TopicHealth, now: MonotonicMs): boolean {
  if (provenAt === undefined || heardAt === undefined) return false;
  return now - provenAt <= PROOF_HOLDS_MS && heardAt - (arrivedAt ?? LONG_AGO) > SAME_SIGN_MS;
}

function awaiting(
  { requestedAt, now, link }: StateInput,
  what: string,
  since = requestedAt,
): DataState {
  const start = since > requestedAt ? since : requestedAt;
  const seconds = Math.round((now.at - start) / 1_000);
  if (now.at - start > LOADING_ERROR_MS)
    return {
      kind: 'error',
      // A reason is a clause of its own; anything else is a thing being waited for.
      message:
        what === link.reason ? `${what}, for ${seconds} s now` : `waited ${seconds} s for ${what}`,
    };
  return { kind: 'loading', awaiting: what, since: start };
}

/** Whether two states look alike: their ages differ by less than what is shown. */
export function isSameState(a: DataState, b: DataState): boolean {
  return a.kind === b.kind && (a === b || paintedAs(a) === paintedAs(b));
}

function paintedAs(state: DataState): string {
  if (!('ageMs' in state)) return JSON.stringify(state);
  const stepMs = state.ageMs < STALE_AFTER_MS ? 500 : 1_000;
  return JSON.stringify({ ...state, ageMs: Math.floor(state.ageMs / stepMs) });
}
