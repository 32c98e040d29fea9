/*
 * The transitions of a channel's state (`channel-state.ts`) and their actions: a pure function of state, event, time
 * and the source of jitter.
 */
import { isBookless, type StateReason } from '../instrument/instrument.ts';
import type { Random } from '../number/random.ts';
import { later, type MonotonicMs } from '../time/clock.ts';
import type { Channel } from '../wire/channel.ts';
import { resyncDelayMs } from './backoff.ts';
import {
  askedAtIn,
  type ChannelEvent,
  type ChannelState,
  type Followed,
  hasValue,
  heldIn,
  isFollowed,
  isWhole,
  type Repair,
  UNSENT,
  type Word,
} from './channel-state.ts';

/** Timeout after which an unanswered `subscribe` is sent again. */
export const ANSWER_MS = 5_000;
/** Retry interval of a refused channel: a pushed market may appear some time after the feed starts. */
export const REFUSED_AGAIN_MS = 5_000;
/** A snapshot follows `subscribed` and a reset without a request; if it is later than this, request it. */
export const RESET_PATIENCE_MS = 1_000;
/** How often to query a market that the feed declared not `ok`. */
export const STATE_AGAIN_MS = 15_000;

/**
 * `subscribe`: subscribe again. `resync`: send a resync, and report `due` at `repair.at`. `wait`: only report `due`
 * at `repair.at`. `query`: ask for the current state of the market.
 */
export type ChannelAction = 'subscribe' | 'resync' | 'wait' | 'query';

export type ChannelStep = {
  readonly state: ChannelState;
  readonly action: ChannelAction | undefined;
};

/** The constants of a channel: its kind, and the source of jitter for its resyncs. */
export type ChannelNature = { readonly kind: Channel['kind']; readonly random: Random };

type Repairable = Exclude<Followed, { kind: 'bookless' }>;
type Awaiting = Extract<Followed, { kind: 'awaiting' }>;
type Doubted = Extract<Followed, { kind: 'doubted' }>;

/** The state after `event` at `now`, and the action to take. Total: any event may occur in any state. */
export function stepChannel(
  state: ChannelState,
  event: ChannelEvent,
  now: MonotonicMs,
  nature: ChannelNature,
): ChannelStep {
  switch (event.type) {
    case 'asked':
      return asked(state, now);
    case 'subscribed':
      return subscribed(state, event.id, now, nature);
    case 'refused':
      return stay(refused(state, event.message));
    case 'cut':
      return stay(unsent(state));
    case 'moved':
      return stay(moved(state, nature));
    case 'tick':
      return tick(state, now);
    default:
      if (!isFollowed(state)) return stay(state);
      return nature.kind === 'book'
        ? stepBook(state, event, now, nature)
        : stepTape(state, event, now, nature);
  }
}

function stepBook(
  state: Followed,
  event: ChannelEvent,
  now: MonotonicMs,
  nature: ChannelNature,
): ChannelStep {
  switch (event.type) {
    case 'snapshot':
      return event.isWhole ? stay(good(state)) : broken(state, 'checksum', now, nature);
    case 'broken':
      return isWhole(state) ? broken(state, event.reason, now, nature) : stay(state);
    case 'lost-frame':
      return isWhole(state) ? broken(state, 'upstream-gap', now, nature) : stay(state);
    case 'reset':
      // A snapshot follows without a request; until then the book held is untrusted.
      return wait(hasValue(state) ? doubt(state, event.reason) : emptied(state), now);
    default:
      return stepAny(state, event, now, nature);
  }
}

/** For trades, and for tickers and candles, of which only the latest value counts. */
function stepTape(
  state: Followed,
  event: ChannelEvent,
  now: MonotonicMs,
  nature: ChannelNature,
): ChannelStep {
  switch (event.type) {
    case 'value':
      return stay(valued(state));
    case 'behind':
      return isWhole(state) ? resync({ ...state, proof: undefined }, now, nature) : stay(state);
    case 'stranger':
      return resync(emptied(state), now, nature);
    case 'lost-frame':
      return stay(isWhole(state) ? { ...state, proof: undefined } : state);
    case 'reset':
      return stay(emptied(state));
    default:
      return stepAny(state, event, now, nature);
  }
}

function stepAny(
  state: Followed,
  event: ChannelEvent,
  now: MonotonicMs,
  nature: ChannelNature,
): ChannelStep {
  switch (event.type) {
    case 'declared':
      return stay(declared(state, event, now, nature));
    case 'heartbeat':
      return stay(proven(state, event, now));
    case 'due':
      return due(state, event.at, now, nature);
    default:
      return stay(state);
  }
}

function asked(state: ChannelState, now: MonotonicMs): ChannelStep {
  if (state.kind === 'unsent') return stay({ kind: 'asked', at: now });
  if (state.kind === 'refused') return stay({ ...state, again: 'asked', at: now });
  return stay(state.kind === 'carried' ? { ...state, askedAt: now } : state);
}

function refused(state: ChannelState, message: string): ChannelState {
  const at = askedAtIn(state);
  return at === undefined ? state : { kind: 'refused', message, again: 'later', at };
}

/** Back to `unsent`, discarding all data; a refused channel stays refused until the feed accepts it. */
function unsent(state: ChannelState): ChannelState {
  return state.kind === 'refused' ? { ...state, again: 'unsent' } : UNSENT;
}

function subscribed(
  state: ChannelState,
  id: number,
  now: MonotonicMs,
  nature: ChannelNature,
): ChannelStep {
  const next = served(state, id, nature);
  // The first snapshot follows without a request, unless its frame is lost.
  return nature.kind === 'book' && next.kind !== 'bookless' ? wait(next, now) : stay(next);
}

function served(state: ChannelState, id: number, { kind }: ChannelNature): Followed {
  if (isFollowed(state)) return { ...state, id };
  const none = { id, repair: undefined, proof: undefined };
  const { held } = state.kind === 'carried' ? state : { held: undefined };
  if (held === undefined) return { kind: 'awaiting', id, word: undefined, repair: undefined };
  if (held.kind === 'doubted') return { ...held, id, word: undefined, repair: undefined };
  // The feed declares a state that is not ok again; a book keeps its declared state until its snapshot.
  return held.kind === 'declared' && kind === 'book'
    ? { ...held, ...none }
    : { kind: 'ok', ...none };
}

/** Keeps the data and its trust. Candles start over: one that closed between the two connections would be missed. */
function moved(state: ChannelState, { kind }: ChannelNature): ChannelState {
  const held = kind === 'candles' ? undefined : heldIn(state);
  return held === undefined ? unsent(state) : { kind: 'carried', askedAt: undefined, held };
}

/** Repeats unanswered requests, and queries a market that the feed last declared not ok. */
function tick(state: ChannelState, now: MonotonicMs): ChannelStep {
  const askedAt = askedAtIn(state);
  // An unanswered subscribe means that carried data gets no updates: drop it.
  if (askedAt !== undefined && now - askedAt >= ANSWER_MS)
    return { state: unsent(state), action: 'subscribe' };
  if (state.kind === 'refused' && state.again === 'later' && now - state.at >= REFUSED_AGAIN_MS)
    return { state: unsent(state), action: 'subscribe' };
  const canAsk = state.kind === 'awaiting' || state.kind === 'doubted' || state.kind === 'declared';
  if (!canAsk || state.word === undefined || state.repair !== undefined) return stay(state);
  if (now - state.word.at < STATE_AGAIN_MS) return stay(state);
  return { state: { ...state, word: { ...state.word, at: now } }, action: 'query' };
}

/** A trade, ticker or candle arrived, so nothing is missing. */
function valued(state: Followed): Followed {
  if (isWhole(state)) return state.repair === undefined ? state : { ...state, repair: undefined };
  if (state.kind !== 'awaiting') return state;
  const { id, word } = state;
  const rest = { id, repair: undefined, proof: undefined };
  return word === undefined ? { kind: 'ok', ...rest } : { kind: 'declared', word, ...rest };
}

/** A valid snapshot arrived, which supersedes any earlier declared state (P12). */
function good(state: Followed): Followed {
  const proof = isWhole(state) ? state.proof : undefined;
  return { kind: 'ok', id: state.id, repair: undefined, proof };
}

function broken(
  state: Followed,
  reason: StateReason,
  now: MonotonicMs,
  nature: ChannelNature,
): ChannelStep {
  return resync(doubt(state, reason), now, nature);
}

/** Distrusts the book; keeps the state that the feed declared for its market. */
function doubt(state: Followed, reason: StateReason): Doubted {
  return { kind: 'doubted', id: state.id, reason, word: wordIn(state), repair: repairIn(state) };
}

/** Drops the data; keeps the state that the feed declared for its market. */
function emptied(state: Followed): Awaiting {
  return { kind: 'awaiting', id: state.id, word: wordIn(state), repair: repairIn(state) };
}

function wordIn(state: Followed): Word | undefined {
  return state.kind === 'ok' ? undefined : state.word;
}

function repairIn(state: Followed): Repair | undefined {
  return state.kind === 'bookless' ? undefined : state.repair;
}

/** Leaves `bookless`: the book held, if any, is of another time and untrusted. */
function withBook(
  state: Extract<Followed, { kind: 'bookless' }>,
  reason: StateReason,
): Awaiting | Doubted {
  return state.hasValue ? doubt(state, reason) : emptied(state);
}

/** The feed declares the state of the channel's market. */
function declared(
  state: Followed,
  event: Extract<ChannelEvent, { type: 'declared' }>,
  now: MonotonicMs,
  { kind }: ChannelNature,
): Followed {
  const { id } = state;
  const { state: market, reason, since } = event;
  if (market === 'ok') return cleared(state, reason, kind);
  const word: Word = { state: market, reason, since, at: now };
  // A book of another time is not the book of this time (P28d).
  if (kind === 'book' && market === 'syncing' && isBookless(reason))
    return { kind: 'bookless', id, word, hasValue: hasValue(state) };
  if (state.kind === 'ok')
    return { kind: 'declared', id, word, repair: state.repair, proof: state.proof };
  return state.kind === 'bookless' ? { ...withBook(state, reason), word } : { ...state, word };
}

/** The feed declares the market ok. */
function cleared(state: Followed, reason: StateReason, kind: Channel['kind']): Followed {
  if (state.kind === 'ok') return state;
  const { id } = state;
  if (state.kind === 'declared')
    return { kind: 'ok', id, repair: state.repair, proof: state.proof };
  // The market is ok and has no trade yet: there is no value to await.
  if (state.kind === 'awaiting' && kind === 'trades')
    return { kind: 'ok', id, repair: state.repair, proof: undefined };
  return { ...(state.kind === 'bookless' ? withBook(state, reason) : state), word: undefined };
}

/** A live link does not prove a live market: only the feed knows whether the source is alive (P20b). */
function proven(
  state: Followed,
  { isNewest, heardMs }: Extract<ChannelEvent, { type: 'heartbeat' }>,
  now: MonotonicMs,
): Followed {
  if (!isWhole(state)) return state;
  const isProof = isNewest && heardMs !== undefined;
  return { ...state, proof: isProof ? { at: now, heardAt: later(now, -heardMs) } : undefined };
}

/** The repair scheduled for `at` is due: request it, unless the data arrived or the repair was rescheduled. */
function due(
  state: Followed,
  at: MonotonicMs,
  now: MonotonicMs,
  nature: ChannelNature,
): ChannelStep {
  if (state.kind === 'bookless' || state.repair?.at !== at) return stay(state);
  if (state.kind === 'ok' && nature.kind === 'book') return stay({ ...state, repair: undefined });
  return ask(state, now, nature);
}

/** Requests the missing data, unless a request is in progress. */
function resync(state: Repairable, now: MonotonicMs, nature: ChannelNature): ChannelStep {
  return (state.repair?.attempt ?? 0) > 0 ? stay(state) : ask(state, now, nature);
}

function ask(state: Repairable, now: MonotonicMs, { random }: ChannelNature): ChannelStep {
  const attempt = (state.repair?.attempt ?? 0) + 1;
  const repair = { attempt, at: later(now, resyncDelayMs(attempt, random)) };
  return { state: { ...state, repair }, action: 'resync' };
}

/** Gives the snapshot time to arrive without a request. */
function wait(state: Repairable, now: MonotonicMs): ChannelStep {
  const repair = { attempt: state.repair?.attempt ?? 0, at: later(now, RESET_PATIENCE_MS) };
  return { state: { ...state, repair }, action: 'wait' };
}

function stay(state: ChannelState): ChannelStep {
  return { state, action: undefined };
}
