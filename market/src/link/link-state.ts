/*
 * The life of one link to the feed, as data: immutable states, `now` as an argument, actions as values (section 9,
 * P20). Whoever drives it carries out the actions and reports what happens as events.
 *
 *            start           opened                       closed by the feed (4500-4999), stop
 *   idle ───────▶ connecting ───────▶ open ───────────────────────────────────────────▶ closed
 *                  ▲    │ failed,      │ closed, failed,                                   │
 *        retry,    │    │ closed,      │ no frame for 25 s,                                │ retry
 *        retryAt   │    │ deadline     │ ping unanswered for 5 s                           │
 *                  │    ▼              ▼                                                   │
 *                  └── waiting ◀───────┘          connecting ◀─────────────────────────────┘
 *
 * A half-open socket never says that it is closed: silence is asked about by a ping after 10 s, and the socket is
 * dropped (not closed and waited for) when nothing at all comes within 5 s more. All of it is measured on the
 * monotonic clock; that does not count a sleep, which shows as a jump of the wall clock against it: an open socket is
 * then asked at once.
 */
import type { Random } from '../number/random.ts';
import { later, type MonotonicMs } from '../time/clock.ts';
import { mayReconnect } from '../wire/close-code.ts';
import { backoffMs } from './backoff.ts';

/** P20: any frame puts the deadline off. */
export const FRAME_DEADLINE_MS = 25_000;
/** Silence that is asked about, and how long the answer may take. */
export const PING_AFTER_MS = 10_000;
export const PING_PATIENCE_MS = 5_000;
/** How long a socket may take to open. */
export const CONNECT_PATIENCE_MS = 8_000;
/**
 * A driver ticks about once a second: it was held up when a tick comes so late, and slept when the wall clock jumps
 * so far.
 */
export const JUMP_MS = 5_000;
/** An open link that lasted for so long starts its backoff anew: an open-and-close loop must not be quick. */
export const STABLE_MS = 5_000;
/** A hint that the feed can be reached again is followed within this, with jitter: many clients get it at once. */
const HINT_SPREAD_MS = 500;
/** An attempt that has not opened within this is given up when the feed is known to be reachable. */
const HANGING_MS = 2_000;
/** Close codes from here on are the feed's own (section 9). */
export const FIRST_OWN_CODE = 4_000;

export type LinkState =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'connecting';
      readonly attempt: number;
      readonly since: MonotonicMs;
      /** When the link was lost, or first wanted. */
      readonly downSince: MonotonicMs;
      readonly tickAt: MonotonicMs;
    }
  | {
      readonly kind: 'open';
      readonly attempt: number;
      /** Of the outage before: it goes on if this does not last. */
      readonly downSince: MonotonicMs;
      readonly since: MonotonicMs;
      readonly lastFrameAt: MonotonicMs;
      /** When silence was asked about; undefined while there is no doubt. */
      readonly askedAt: MonotonicMs | undefined;
      readonly tickAt: MonotonicMs;
    }
  | {
      readonly kind: 'waiting';
      readonly attempt: number;
      readonly downSince: MonotonicMs;
      readonly retryAt: MonotonicMs;
      readonly reason: string;
      /** The feed itself sent us away: a sign that it can be reached is then no reason to come back sooner. */
      readonly isSentAway: boolean;
      readonly tickAt: MonotonicMs;
    }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string };

export type LinkEvent =
  | { readonly type: 'start' }
  | { readonly type: 'opened' }
  /** Another socket is open and takes over, whatever became of the one before (P32c). */
  | { readonly type: 'moved' }
  /** Any text frame of the feed. */
  | { readonly type: 'frame' }
  /** The socket could not be opened, or broke. */
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }
  /** About once a second. */
  | { readonly type: 'tick' }
  /** The wall clock went another way than the monotonic one: the machine slept, or its clock was set. */
  | { readonly type: 'jumped' }
  /** A person asked, or the network came back. */
  | { readonly type: 'retry' }
  /** Another request got through to the feed. */
  | { readonly type: 'hint' }
  | { readonly type: 'stop' };

/** `drop`: forget the socket, handlers first: `close()` on a dead one can take minutes to be answered. */
export type LinkAction = 'dial' | 'ping' | 'drop';

export type LinkStep = { readonly state: LinkState; readonly actions: readonly LinkAction[] };

export const IDLE: LinkState = { kind: 'idle' };
const NOTHING: readonly LinkAction[] = [];

/** What the waits of a link are drawn from. */
export type LinkChance = {
  readonly random: Random;
  /**
   * Somebody looks all the while whether the feed can be reached, and gives a `hint`: the waits are then the whole
   * backoff, since it is not they that find a feed which is back.
   */
  readonly isHinted: boolean;
};

/** The state after `event` at `now`, and what is to be done. Total: any event may come in any state. */
export function stepLink(
  state: LinkState,
  event: LinkEvent,
  now: MonotonicMs,
  chance: LinkChance,
): LinkStep {
  if (event.type === 'stop') return stop(state);
  if (event.type === 'moved') return moved(state, now);
  switch (state.kind) {
    case 'idle':
      return event.type === 'start' ? dial(1, now, now) : stay(state);
    case 'connecting':
      return stepConnecting(state, event, now, chance);
    case 'open':
      return stepOpen(state, event, now, chance);
    case 'waiting':
      return stepWaiting(state, event, now, chance);
    case 'closed':
      return event.type === 'start' || event.type === 'retry' ? dial(1, now, now) : stay(state);
  }
}

/** A link that nobody wants is not opened by a socket that comes late. */
function moved(state: LinkState, now: MonotonicMs): LinkStep {
  if (state.kind === 'idle' || state.kind === 'closed') return stay(state);
  return stay(openSince(state, now));
}

function openSince({ attempt, downSince }: Outage, now: MonotonicMs): LinkState {
  return {
    kind: 'open',
    attempt,
    downSince,
    since: now,
    lastFrameAt: now,
    askedAt: undefined,
    tickAt: now,
  };
}

type Connecting = Extract<LinkState, { kind: 'connecting' }>;
type Open = Extract<LinkState, { kind: 'open' }>;
type Waiting = Extract<LinkState, { kind: 'waiting' }>;
/** How often it was tried since when. */
type Outage = { readonly attempt: number; readonly downSince: MonotonicMs };

function stepConnecting(
  state: Connecting,
  event: LinkEvent,
  now: MonotonicMs,
  chance: LinkChance,
): LinkStep {
  switch (event.type) {
    case 'opened':
      return stay(openSince(state, now));
    case 'failed':
      return wait(state, event.reason, now, chance);
    case 'closed':
      return closedByFeed(state, event, now, chance);
    case 'hint':
      // The feed is back while this attempt still hangs on its dead predecessor.
      return now - state.since > HANGING_MS
        ? dial(state.attempt, state.downSince, now)
        : stay(state);
    case 'tick':
      if (now - state.since > CONNECT_PATIENCE_MS)
        return wait(state, 'the feed does not answer', now, chance, { drop: true });
      return stay({ ...state, tickAt: now });
    default:
      return stay(state);
  }
}

function stepOpen(state: Open, event: LinkEvent, now: MonotonicMs, chance: LinkChance): LinkStep {
  switch (event.type) {
    case 'frame':
      return stay({ ...state, lastFrameAt: now, askedAt: undefined });
    case 'failed':
      return wait(lost(state, now), event.reason, now, chance);
    case 'closed':
      return closedByFeed(lost(state, now), event, now, chance);
    case 'retry':
      // A person doubts it: ask, but keep what may well work.
      return state.askedAt === undefined ? ask(state, now) : stay(state);
    case 'tick':
      return tickOpen(state, now, chance);
    case 'jumped':
      return doubt(state, now);
    default:
      return stay(state);
  }
}

function tickOpen(state: Open, now: MonotonicMs, chance: LinkChance): LinkStep {
  const silenceMs = now - state.lastFrameAt;
  if (now - state.tickAt > JUMP_MS) return doubt(state, now);
  if (state.askedAt !== undefined) {
    if (now - state.askedAt >= PING_PATIENCE_MS || silenceMs >= FRAME_DEADLINE_MS)
      return wait(lost(state, now), 'the link went silent', now, chance, { drop: true });
    return stay({ ...state, tickAt: now });
  }
  if (silenceMs >= PING_AFTER_MS) return ask(state, now);
  return stay({ ...state, tickAt: now });
}

function stepWaiting(
  state: Waiting,
  event: LinkEvent,
  now: MonotonicMs,
  chance: LinkChance,
): LinkStep {
  switch (event.type) {
    case 'retry':
      return dial(state.attempt, state.downSince, now);
    case 'hint': {
      if (state.isSentAway) return stay(state);
      const soon = later(now, Math.ceil(chance.random.next() * HINT_SPREAD_MS));
      return stay(soon < state.retryAt ? { ...state, retryAt: soon } : state);
    }
    case 'jumped':
      return dial(state.attempt, state.downSince, now);
    case 'tick': {
      const wasHeldUp = now - state.tickAt > JUMP_MS;
      if (now >= state.retryAt || wasHeldUp) return dial(state.attempt, state.downSince, now);
      return stay({ ...state, tickAt: now });
    }
    default:
      return stay(state);
  }
}

/** A close that forbids coming back ends the link; any other is a failure like the rest. */
function closedByFeed(
  outage: Outage,
  { code, reason }: { readonly code: number; readonly reason: string },
  now: MonotonicMs,
  chance: LinkChance,
): LinkStep {
  const why = reason === '' ? `closed (${code})` : reason;
  if (!mayReconnect(code))
    return { state: { kind: 'closed', code, reason: why }, actions: NOTHING };
  return wait(outage, why, now, chance, { isSentAway: code >= FIRST_OWN_CODE });
}

function wait(
  { attempt, downSince }: Outage,
  reason: string,
  now: MonotonicMs,
  chance: LinkChance,
  { drop = false, isSentAway = false } = {},
): LinkStep {
  // A feed that sends away is there, and wants us to come back later.
  const downMs = isSentAway || chance.isHinted ? undefined : now - downSince;
  const retryAt = later(now, backoffMs(attempt, chance.random, downMs));
  return {
    state: {
      kind: 'waiting',
      attempt: attempt + 1,
      downSince,
      retryAt,
      reason,
      isSentAway,
      tickAt: now,
    },
    actions: drop ? ['drop'] : NOTHING,
  };
}

function dial(attempt: number, downSince: MonotonicMs, now: MonotonicMs): LinkStep {
  return {
    state: { kind: 'connecting', attempt, since: now, downSince, tickAt: now },
    actions: ['dial'],
  };
}

/** After a pause of our own nothing is known of the socket: its silence counts from here, and it is asked. */
function doubt(state: Open, now: MonotonicMs): LinkStep {
  return ask({ ...state, lastFrameAt: now }, now);
}

function ask(state: Open, now: MonotonicMs): LinkStep {
  return { state: { ...state, askedAt: now, tickAt: now }, actions: ['ping'] };
}

function stop(state: LinkState): LinkStep {
  const hasSocket = state.kind === 'connecting' || state.kind === 'open';
  return { state: IDLE, actions: hasSocket ? ['drop'] : NOTHING };
}

function stay(state: LinkState): LinkStep {
  return { state, actions: NOTHING };
}

/** A link that was open until now: a lasting one is a new outage, a brief one the same as before. */
function lost({ attempt, since, downSince }: Open, now: MonotonicMs): Outage {
  const hasLasted = now - since >= STABLE_MS;
  return hasLasted ? { attempt: 1, downSince: now } : { attempt, downSince };
}
