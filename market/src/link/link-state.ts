/*
 * The life of one link to the feed, as data: immutable states, `now` as an argument, actions as values (section 9,
 * P20). The driver carries out the actions and reports events.
 *
 *            start           opened                       closed by the feed (4500-4999), stop
 *   idle ───────▶ connecting ───────▶ open ───────────────────────────────────────────▶ closed
 *                  ▲    │ failed,      │ closed, failed,                                   │
 *        retry,    │    │ closed,      │ no frame for 25 s,                                │ retry
 *        retryAt   │    │ deadline     │ ping unanswered for 5 s                           │
 *                  │    ▼              ▼                                                   │
 *                  └── waiting ◀───────┘          connecting ◀─────────────────────────────┘
 *
 * A half-open socket never reports that it is closed: after 10 s of silence the link pings, and after 5 s more
 * without a frame it drops the socket, without waiting for a clean close. All timeouts use the monotonic clock, which
 * may not count a sleep; a sleep shows as a jump of the wall clock against it, and the link then pings at once.
 */
import type { Random } from '../number/random.ts';
import { later, type MonotonicMs } from '../time/clock.ts';
import { mayReconnect } from '../wire/close-code.ts';
import { backoffMs } from './backoff.ts';

/** An open link without a frame for this long is dead (P20). */
const FRAME_DEADLINE_MS = 25_000;
/** Silence after which the link pings, and how long it waits for an answer. */
export const PING_AFTER_MS = 10_000;
export const PING_PATIENCE_MS = 5_000;
/** Timeout for opening a socket. */
export const CONNECT_PATIENCE_MS = 8_000;
/**
 * The driver ticks about once a second. A tick that is this late means that the process was stalled; a wall clock
 * jump of this size means that the machine slept.
 */
export const JUMP_MS = 5_000;
/** A link that was open this long resets the backoff; a shorter one does not, to slow down open-and-close loops. */
const STABLE_MS = 5_000;
/** Maximum jitter before dialling on a hint, because many clients get the hint at once. */
const HINT_SPREAD_MS = 500;
/** An attempt older than this is abandoned when a hint says that the feed is reachable. */
const HANGING_MS = 2_000;
/** Lowest close code of the feed itself (section 9). */
export const FIRST_OWN_CODE = 4_000;

export type LinkState =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'connecting';
      readonly attempt: number;
      readonly since: MonotonicMs;
      /** When the link was lost, or first started. */
      readonly downSince: MonotonicMs;
      readonly tickAt: MonotonicMs;
    }
  | {
      readonly kind: 'open';
      readonly attempt: number;
      /** Start of the previous outage, which continues if this link does not last. */
      readonly downSince: MonotonicMs;
      readonly since: MonotonicMs;
      readonly lastFrameAt: MonotonicMs;
      /** When the pending liveness ping was sent; undefined if none is pending. */
      readonly askedAt: MonotonicMs | undefined;
      readonly tickAt: MonotonicMs;
    }
  | {
      readonly kind: 'waiting';
      readonly attempt: number;
      readonly downSince: MonotonicMs;
      readonly retryAt: MonotonicMs;
      readonly reason: string;
      /** The feed closed the link with its own code: a hint that it is reachable does not shorten the backoff. */
      readonly isSentAway: boolean;
      readonly tickAt: MonotonicMs;
    }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string };

export type LinkEvent =
  | { readonly type: 'start' }
  | { readonly type: 'opened' }
  /** Another open socket takes over, whatever the state of the previous one (P32c). */
  | { readonly type: 'moved' }
  /** Any text frame of the feed. */
  | { readonly type: 'frame' }
  /** The socket could not be opened, or broke. */
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }
  /** About once a second. */
  | { readonly type: 'tick' }
  /** The wall clock diverged from the monotonic one: the machine slept, or its clock was set. */
  | { readonly type: 'jumped' }
  /** The user asked, or the network came back. */
  | { readonly type: 'retry' }
  /** Another request reached the feed. */
  | { readonly type: 'hint' }
  | { readonly type: 'stop' };

/** `drop`: detach the handlers and abandon the socket, because `close()` on a dead one can take minutes. */
export type LinkAction = 'dial' | 'ping' | 'drop';

export type LinkStep = { readonly state: LinkState; readonly actions: readonly LinkAction[] };

export const IDLE: LinkState = { kind: 'idle' };
const NOTHING: readonly LinkAction[] = [];

/** Parameters of the backoff. */
export type LinkChance = {
  readonly random: Random;
  /**
   * The owner probes the feed and calls `hint` when it is reachable. The link then uses the full backoff, because it
   * does not depend on its dials to notice the feed's return.
   */
  readonly isHinted: boolean;
};

/** The state after `event` at `now`, and the actions to take. Total: any event may occur in any state. */
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

/** A late socket does not open a link that was never started or is closed. */
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
/** Number of attempts, and the start of the outage. */
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
      // The feed is back, but this attempt still hangs on its dead predecessor.
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
      // The user doubts the link: ping it, but keep it, as it may work.
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

/** A close code that forbids reconnecting ends the link; any other is an ordinary failure. */
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
  // A feed that closes with its own code is reachable, and wants clients to reconnect later.
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

/** After a pause of this process the socket's state is unknown: silence counts from now, and the link pings. */
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

/** An open link was lost: if it lasted, a new outage begins; if it was brief, the previous outage continues. */
function lost({ attempt, since, downSince }: Open, now: MonotonicMs): Outage {
  const hasLasted = now - since >= STABLE_MS;
  return hasLasted ? { attempt: 1, downSince: now } : { attempt, downSince };
}
