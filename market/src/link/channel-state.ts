/*
 * The state of one channel of a link, as data: immutable states, `now` as an argument, actions as values (P9, P16,
 * P20b, P28d, P32c). Only data in `ok`, or carried over from it, may be shown as correct. The driver reports events
 * and carries out the actions.
 *
 *   unsent ──asked──▶ asked ──subscribed──▶ awaiting ──value, valid snapshot─▶ ok ◀─────────▶ declared
 *     ▲                 │ │                    │                              ▲ │   channel-state     │
 *     ├── unanswered ───┘ └─refused─▶ refused  └─bad snapshot─▶ doubted ──────┘ │                     │
 *     │                                                            ▲ good one   │ gap, bad checksum,  │
 *     └── cut (refused stays refused)                              └── lost frame, reset ◀────────────┘
 *
 *   ok, doubted, declared ──moved──▶ carried ──subscribed──▶ as it was, until the next value
 *   awaiting, ok, doubted, declared ──no book in the recording──▶ bookless ──anything else──▶ awaiting, doubted, ok
 *   ok, declared ──reset (not of a book), trades of another epoch──▶ awaiting
 *
 * A book is in `ok` or `declared` if and only if its mirror is in sync: the mirror's result for a message gives the
 * event. A pending `repair` is not a state of its own, because trades continue while missing ones are requested.
 */
import type { MarketState, StateReason } from '../instrument/instrument.ts';
import type { EpochMs } from '../number/level.ts';
import type { MonotonicMs } from '../time/clock.ts';

/** The state that the feed declared for a market that is not `ok`. */
export type Word = {
  readonly state: Exclude<MarketState, 'ok'>;
  readonly reason: StateReason;
  /** Start of this state, by the feed; in a replay a session time. */
  readonly since: EpochMs;
  /** When the feed declared it, or when it was last queried. */
  readonly at: MonotonicMs;
};

/** A resync is due at `at`, unless the data arrives before. `attempt`: number of resyncs sent so far. */
export type Repair = { readonly attempt: number; readonly at: MonotonicMs };

/** The feed confirmed that it had nothing newer at `at`, and last heard from its source at `heardAt` (P20b). */
export type Proof = { readonly at: MonotonicMs; readonly heardAt: MonotonicMs };

/** Data of a channel, and whether it is trusted. */
export type Held =
  | { readonly kind: 'ok' }
  | { readonly kind: 'doubted'; readonly reason: StateReason }
  | { readonly kind: 'declared'; readonly word: Word };

export type ChannelState =
  /** `subscribe` not sent yet. */
  | { readonly kind: 'unsent' }
  | { readonly kind: 'asked'; readonly at: MonotonicMs }
  /**
   * Not subscribed yet on this connection (`askedAt`: `subscribe` sent); data of the previous one keeps its trust.
   */
  | {
      readonly kind: 'carried';
      readonly askedAt: MonotonicMs | undefined;
      readonly held: Held;
    }
  /** Subscribed, with `id` for the life of the connection; no value received yet. */
  | {
      readonly kind: 'awaiting';
      readonly id: number;
      readonly word: Word | undefined;
      readonly repair: Repair | undefined;
    }
  /**
   * The recording has no book at this time (P28d): not a fault, and no resync. `hasValue`: a book of another time is
   * held.
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
  /** A book that is untrusted until a valid snapshot. */
  | {
      readonly kind: 'doubted';
      readonly id: number;
      readonly reason: StateReason;
      readonly word: Word | undefined;
      readonly repair: Repair | undefined;
    }
  /** The data equals the feed's, but the feed declared the market not ok. */
  | {
      readonly kind: 'declared';
      readonly id: number;
      readonly word: Word;
      readonly repair: Repair | undefined;
      readonly proof: Proof | undefined;
    }
  /**
   * The feed refused the channel with `message`; an error until the feed accepts it. The next `subscribe` is
   * scheduled (`later`), due (`unsent`) or pending (`asked`). `at`: when the last one was sent.
   */
  | {
      readonly kind: 'refused';
      readonly message: string;
      readonly again: 'later' | 'unsent' | 'asked';
      readonly at: MonotonicMs;
    };

export type ChannelEvent =
  /** A `subscribe` with the channel's name was sent. */
  | { readonly type: 'asked' }
  | { readonly type: 'subscribed'; readonly id: number }
  | { readonly type: 'refused'; readonly message: string }
  /** A trade, ticker or candle was applied. */
  | { readonly type: 'value' }
  /** A book snapshot was applied; `isWhole`: it is valid (P14, P14a). */
  | { readonly type: 'snapshot'; readonly isWhole: boolean }
  /** The book has a gap, or a bad checksum or digest (P9). */
  | { readonly type: 'broken'; readonly reason: 'upstream-gap' | 'checksum' }
  /** The feed has newer trades than those received. */
  | { readonly type: 'behind' }
  /** Trades of another epoch arrived without its first message (P17b). */
  | { readonly type: 'stranger' }
  | {
      readonly type: 'declared';
      readonly state: MarketState;
      readonly reason: StateReason;
      readonly since: EpochMs;
    }
  | { readonly type: 'reset'; readonly reason: StateReason }
  /** `isNewest`: the feed has nothing newer. `heardMs`: ms since the feed heard from the source, if alive (P20b). */
  | {
      readonly type: 'heartbeat';
      readonly isNewest: boolean;
      readonly heardMs: number | undefined;
    }
  /** A frame was unreadable, so updates may be missing. */
  | { readonly type: 'lost-frame' }
  /** The repair scheduled for `at` is due. */
  | { readonly type: 'due'; readonly at: MonotonicMs }
  /** About once a second. */
  | { readonly type: 'tick' }
  /** Another connection takes over without an interruption (P32c). */
  | { readonly type: 'moved' }
  /** The connection is lost, or the channel is no longer wanted. */
  | { readonly type: 'cut' };

export const UNSENT: ChannelState = { kind: 'unsent' };

/** Subscribed on this connection. */
export type Followed = Extract<ChannelState, { readonly id: number }>;

/** Whether a `subscribe` for the channel awaits an answer. */
export function isAsked(state: ChannelState): boolean {
  return askedAtIn(state) !== undefined;
}

/** When the pending `subscribe` was sent; undefined if none is pending. */
export function askedAtIn(state: ChannelState): MonotonicMs | undefined {
  if (state.kind === 'carried') return state.askedAt;
  if (state.kind === 'refused') return state.again === 'asked' ? state.at : undefined;
  return state.kind === 'asked' ? state.at : undefined;
}

/** Whether the channel is subscribed on this connection. */
export function isFollowed(state: ChannelState): state is Followed {
  return 'id' in state;
}

/** Whether the channel has data, trusted or not. */
export function hasValue(state: ChannelState): boolean {
  if (state.kind === 'bookless') return state.hasValue;
  return isWhole(state) || state.kind === 'doubted' || state.kind === 'carried';
}

/** Whether the data equals the feed's, even if the feed declared the market not ok. */
export function isWhole(
  state: ChannelState,
): state is Extract<Followed, { kind: 'ok' | 'declared' }> {
  return state.kind === 'ok' || state.kind === 'declared';
}

/** Whether another value leaves the state unchanged, as for almost every message. */
export function isSettled(state: ChannelState): boolean {
  return state.kind === 'ok' && state.repair === undefined;
}

/** The data in a state and its trust; undefined if it has none. */
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
