/*
 * Which way to the feed a link takes (P32c), as data: immutable states, `now` as an argument.
 *
 *              3 refusals              3 refusals or quick ends
 *   websocket ────────────▶ sse ────────────────────────────────▶ polling
 *       ▲                    │ ▲                                     │
 *       │  a trial opened    │ └──────────── a trial opened ─────────┤
 *       └────────────────────┴───────────────────────────────────────┘
 *
 * A refusal is an attempt that did not open although the feed answered a request at the time: a network that blocks
 * this way, not a feed that is away. A feed that is away never changes the way, and neither does a close by the feed.
 */

import { later, type MonotonicMs } from '../../time/clock.ts';

/** Ways to the feed, the best first. */
export const TRANSPORTS = ['websocket', 'sse', 'polling'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** Refusals in a row before a lesser way is taken. */
export const PATIENCE = 3;
/** A stream that ends sooner was cut by something on its way: a proxy that buffers ends it when its buffer is full. */
export const QUICK_END_MS = 5_000;
/** One that was open for so long works: longer than it takes to notice that a link has gone silent. */
export const LASTED_MS = 30_000;
/** How often a better way is tried while a lesser one serves. */
export const TRIAL_MS = 60_000;

export type TransportState = {
  /** What is dialled. */
  readonly current: Transport;
  /** Refusals and quick ends of it in a row. */
  readonly refusals: number;
  /** When a better way is tried; undefined on the best. */
  readonly trialAt: MonotonicMs | undefined;
};

export type TransportEvent =
  /** It did not open although the feed could be reached, ended within `QUICK_END_MS` of opening, or went silent. */
  | { readonly type: 'refused'; readonly transport: Transport }
  | { readonly type: 'opened'; readonly transport: Transport }
  /** It was open for `LASTED_MS`. */
  | { readonly type: 'lasted'; readonly transport: Transport }
  /** A better way was tried, whatever came of it. */
  | { readonly type: 'tried' }
  /** A person asked for it, or the page came back: the network may be another one. */
  | { readonly type: 'retry' };

export const BEST: TransportState = { current: 'websocket', refusals: 0, trialAt: undefined };

/** The state after `event` at `now`; `available` are the ways that this link has at all. Total. */
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

/** Ways that are better than the present one, the best first. */
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
  if (refusals < PATIENCE) return { ...state, refusals };
  const lesser = TRANSPORTS.slice(TRANSPORTS.indexOf(state.current) + 1);
  const next = lesser.find((each) => available.includes(each));
  if (next === undefined) return { ...state, refusals: 0 };
  return { current: next, refusals: 0, trialAt: state.trialAt ?? later(now, TRIAL_MS) };
}

function opened(state: TransportState, transport: Transport, now: MonotonicMs): TransportState {
  // A websocket that opens is not blocked. A stream has to last first: a buffering proxy lets it open.
  if (transport === 'websocket') return BEST;
  if (transport === state.current) return state;
  const isBetter = TRANSPORTS.indexOf(transport) < TRANSPORTS.indexOf(state.current);
  if (!isBetter) return state;
  // It was given up before: its first quick end leads back.
  return {
    current: transport,
    refusals: PATIENCE - 1,
    trialAt: state.trialAt ?? later(now, TRIAL_MS),
  };
}
