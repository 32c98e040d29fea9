/*
 * Which transport a link uses (P32c), as data: immutable states, `now` as an argument.
 *
 *              3 refusals              3 refusals or quick ends
 *   websocket ────────────▶ sse ────────────────────────────────▶ polling
 *       ▲                    │ ▲                                     │
 *       │  a trial opened    │ └──────────── a trial opened ─────────┤
 *       └────────────────────┴───────────────────────────────────────┘
 *
 * A refusal is an attempt that did not open although the feed answered another request at that time: the network
 * blocks the transport. An unreachable feed never changes the transport, nor does a close by the feed.
 */

import { later, type MonotonicMs } from '../../time/clock.ts';

/** Transports, best first. */
export const TRANSPORTS = ['websocket', 'sse', 'polling'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** Consecutive refusals before the link falls back. */
export const MAX_REFUSALS = 3;
/** A stream that ends sooner was probably cut by a buffering proxy whose buffer was full. */
export const QUICK_END_MS = 5_000;
/** A stream that was open this long works: longer than it takes to detect a silent link. */
export const LASTED_MS = 30_000;
/** How often a better transport is tried while the link has fallen back. */
export const TRIAL_MS = 60_000;

export type TransportState = {
  /** The transport to dial. */
  readonly current: Transport;
  /** Its consecutive refusals and quick ends. */
  readonly refusals: number;
  /** When to try a better transport; undefined on the best. */
  readonly trialAt: MonotonicMs | undefined;
};

export type TransportEvent =
  /** Did not open although the feed was reachable, ended within `QUICK_END_MS` of opening, or went silent. */
  | { readonly type: 'refused'; readonly transport: Transport }
  | { readonly type: 'opened'; readonly transport: Transport }
  /** Was open for `LASTED_MS`. */
  | { readonly type: 'lasted'; readonly transport: Transport }
  /** A better transport was tried, whatever the result. */
  | { readonly type: 'tried' }
  /** The user asked, or the page became visible again: the network may have changed. */
  | { readonly type: 'retry' };

export const BEST: TransportState = { current: 'websocket', refusals: 0, trialAt: undefined };

/** The state after `event` at `now`; `available` lists the transports that this link has. Total. */
export function stepTransport(
  state: TransportState,
  event: TransportEvent,
  now: MonotonicMs,
  available: readonly Transport[],
): TransportState {
  switch (event.type) {
    case 'refused':
      return event.transport === state.current ? refused(state, now, available) : state;
    case 'opened':
      return opened(state, event.transport, now);
    case 'lasted':
      return event.transport === state.current ? { ...state, refusals: 0 } : state;
    case 'tried':
      return state.trialAt === undefined ? state : { ...state, trialAt: later(now, TRIAL_MS) };
    case 'retry':
      return state.trialAt === undefined ? state : { ...state, trialAt: now };
  }
}

/** Transports better than the current one, best first. */
export function betterThan(
  { current }: TransportState,
  available: readonly Transport[],
): readonly Transport[] {
  const better = TRANSPORTS.slice(0, TRANSPORTS.indexOf(current));
  return better.filter((each) => available.includes(each));
}

function refused(
  state: TransportState,
  now: MonotonicMs,
  available: readonly Transport[],
): TransportState {
  const refusals = state.refusals + 1;
  if (refusals < MAX_REFUSALS) return { ...state, refusals };
  const lesser = TRANSPORTS.slice(TRANSPORTS.indexOf(state.current) + 1);
  const next = lesser.find((each) => available.includes(each));
  if (next === undefined) return { ...state, refusals: 0 };
  return { current: next, refusals: 0, trialAt: state.trialAt ?? later(now, TRIAL_MS) };
}

function opened(state: TransportState, transport: Transport, now: MonotonicMs): TransportState {
  // A WebSocket that opens is not blocked. A stream must last first, because a buffering proxy lets it open.
  if (transport === 'websocket') return BEST;
  if (transport === state.current) return state;
  const isBetter = TRANSPORTS.indexOf(transport) < TRANSPORTS.indexOf(state.current);
  if (!isBetter) return state;
  // It failed before: one more quick end falls back at once.
  return {
    current: transport,
    refusals: MAX_REFUSALS - 1,
    trialAt: state.trialAt ?? later(now, TRIAL_MS),
  };
}
