/*
 * Where one channel of a link stands, as data: immutable states, `now` as an argument, the action as a value (P9,
 * P16, P20b, P28d, P32c). Only `ok`, and what is carried over from it, may be shown as true. Whoever drives it says
 * what came and carries out the action.
 *
 *   unsent ──asked──▶ asked ──subscribed──▶ awaiting ──value, good snapshot──▶ ok ◀─────────▶ declared
 *     ▲                 │ │                    │                              ▲ │     the feed's word │
 *     ├── unanswered ───┘ └─refused─▶ refused  └─bad snapshot─▶ doubted ──────┘ │                     │
 *     │                                                            ▲ good one   │ gap, bad checksum,  │
 *     └── cut (refused stays refused)                              └── lost frame, reset ◀────────────┘
 *
 *   ok, doubted, declared ──moved──▶ carried ──subscribed──▶ as it was, until the next value
 *   awaiting, ok, doubted, declared ──no book in the recording──▶ bookless ──anything else──▶ awaiting, doubted, ok
 *   ok, declared ──reset of what is no book, trades of another life──▶ awaiting
 *
 * A book is in `ok` or `declared` if and only if its mirror is whole: the mirror says what became of a message, and
 * that is the event. A `repair` under way is no state: trades go on while what is missing of them is asked for.
 */
import type { MarketState, StateReason } from '../instrument/instrument.ts';
import type { EpochMs } from '../number/level.ts';
import type { MonotonicMs } from '../time/clock.ts';

/** The feed's own word of a market that is not `ok`. */
export type Word = {
  readonly state: Exclude<MarketState, 'ok'>;
  readonly reason: StateReason;
  /** Since when that is so, as the feed says it: in a replay a moment of the recording. */
  readonly since: EpochMs;
  /** When it was said, or last asked about. */
  readonly at: MonotonicMs;
};

/**
 * What is missing is asked for at `at`, unless it has come by then. `attempt`: how often it was asked for; 0 is not
 * yet.
 */
export type Repair = { readonly attempt: number; readonly at: MonotonicMs };

/** Proof that the feed had nothing newer at `at`, and heard of its source last at `heardAt` (P20b). */
export type Proof = { readonly at: MonotonicMs; readonly heardAt: MonotonicMs };

/** A value that is held, and whether it may be believed. */
export type Held =
  | { readonly kind: 'ok' }
  | { readonly kind: 'doubted'; readonly reason: StateReason }
  | { readonly kind: 'declared'; readonly word: Word };

export type ChannelState =
  /** To be asked for. */
  | { readonly kind: 'unsent' }
  | { readonly kind: 'asked'; readonly at: MonotonicMs }
  /**
   * To be asked for (`askedAt` undefined) or asked for; what came over the connection before is as true as it was.
   */
  | {
      readonly kind: 'carried';
      readonly askedAt: MonotonicMs | undefined;
      readonly held: Held;
    }
  /** The feed serves it, as `id` for the life of the connection; no value came yet. */
  | {
      readonly kind: 'awaiting';
      readonly id: number;
      readonly word: Word | undefined;
      readonly repair: Repair | undefined;
    }
  /**
   * The recording has no book now (P28d): no fault, and nothing to ask for. `hasValue`: it had one of another moment.
   */
  | {
      readonly kind: 'bookless';
      readonly id: number;
      readonly word: Word;
      readonly hasValue: boolean;
    }
  | {
      readonly kind: 'ok';
      readonly id: number;
      readonly repair: Repair | undefined;
      readonly proof: Proof | undefined;
    }
  /** A book that is held, and not to be believed until a snapshot checks. */
  | {
      readonly kind: 'doubted';
      readonly id: number;
      readonly reason: StateReason;
      readonly word: Word | undefined;
      readonly repair: Repair | undefined;
    }
  /** What is held is the feed's own, of a market that the feed does not call ok. */
  | {
      readonly kind: 'declared';
      readonly id: number;
      readonly word: Word;
      readonly repair: Repair | undefined;
      readonly proof: Proof | undefined;
    }
  /**
   * The feed does not serve it, as it said with `message`. It is asked for again `later`, is to be (`unsent`), or was
   * (`asked`): an error until the feed takes it. `at`: when it was last asked for.
   */
  | {
      readonly kind: 'refused';
      readonly message: string;
      readonly again: 'later' | 'unsent' | 'asked';
      readonly at: MonotonicMs;
    };

export type ChannelEvent =
  /** A `subscribe` with its name was sent. */
  | { readonly type: 'asked' }
  | { readonly type: 'subscribed'; readonly id: number }
  | { readonly type: 'refused'; readonly message: string }
  /** Trades, a ticker or a candle were taken. */
  | { readonly type: 'value' }
  /** A book snapshot came; `isWhole`: it checks (P14, P14a). */
  | { readonly type: 'snapshot'; readonly isWhole: boolean }
  /** The book's chain, checksum or digest does not hold (P9). */
  | { readonly type: 'broken'; readonly reason: 'upstream-gap' | 'checksum' }
  /** There are newer trades than those that came. */
  | { readonly type: 'behind' }
  /** Trades of another life came, whose beginning did not (P17b). */
  | { readonly type: 'stranger' }
  | {
      readonly type: 'declared';
      readonly state: MarketState;
      readonly reason: StateReason;
      readonly since: EpochMs;
    }
  | { readonly type: 'reset'; readonly reason: StateReason }
  /** `isNewest`: the feed has nothing newer. `heardMs`: how long ago it heard of the source, if it does (P20b). */
  | {
      readonly type: 'heartbeat';
      readonly isNewest: boolean;
      readonly heardMs: number | undefined;
    }
  /** A frame was unreadable: what it held is unknown. */
  | { readonly type: 'lost-frame' }
  /** The moment of the repair that was to be at `at`. */
  | { readonly type: 'due'; readonly at: MonotonicMs }
  /** About once a second. */
  | { readonly type: 'tick' }
  /** Another connection takes over at once (P32c). */
  | { readonly type: 'moved' }
  /** The connection is gone, or nobody follows the channel any more. */
  | { readonly type: 'cut' };

export const UNSENT: ChannelState = { kind: 'unsent' };

/** Served on this connection. */
export type Followed = Extract<ChannelState, { readonly id: number }>;

/** Whether a `subscribe` with its name waits for an answer. */
export function isAsked(state: ChannelState): boolean {
  return askedAtIn(state) !== undefined;
}

/** When the `subscribe` was sent that waits for an answer; undefined where none does. */
export function askedAtIn(state: ChannelState): MonotonicMs | undefined {
  if (state.kind === 'carried') return state.askedAt;
  if (state.kind === 'refused') return state.again === 'asked' ? state.at : undefined;
  return state.kind === 'asked' ? state.at : undefined;
}

/** Whether the feed serves it on this connection. */
export function isFollowed(state: ChannelState): state is Followed {
  return 'id' in state;
}

/** Whether a value is held, believed or not. */
export function hasValue(state: ChannelState): boolean {
  if (state.kind === 'bookless') return state.hasValue;
  return isWhole(state) || state.kind === 'doubted' || state.kind === 'carried';
}

/** Whether what is held is the feed's own, whatever the feed says of the market behind it. */
export function isWhole(
  state: ChannelState,
): state is Extract<Followed, { kind: 'ok' | 'declared' }> {
  return state.kind === 'ok' || state.kind === 'declared';
}

/** Whether one more value changes nothing of where it stands: so it is with almost every message. */
export function isSettled(state: ChannelState): boolean {
  return state.kind === 'ok' && state.repair === undefined;
}

/** The value that a state holds, and what it is worth; undefined where it holds none. */
export function heldIn(state: ChannelState): Held | undefined {
  switch (state.kind) {
    case 'ok':
      return { kind: 'ok' };
    case 'doubted':
      return { kind: 'doubted', reason: state.reason };
    case 'declared':
      return { kind: 'declared', word: state.word };
    case 'bookless':
      return state.hasValue ? { kind: 'doubted', reason: state.word.reason } : undefined;
    case 'carried':
      return state.held;
    default:
      return undefined;
  }
}
