/*
 * How a channel goes from state to state (`channel-state.ts`), and what is to be done for it then: a function of the
 * state, the event, the time and the source of jitter, and of nothing else.
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

/** A `subscribe` without an answer is sent again. */
export const ANSWER_MS = 5_000;
/** What was refused may be there by now: a market that is pushed comes some time after its feed. */
export const REFUSED_AGAIN_MS = 5_000;
/** After `subscribed` and a reset the snapshot follows by itself; when it does not within this, it is asked for. */
export const RESET_PATIENCE_MS = 1_000;
/** How long a channel is left with what the feed last said of its market, while that is not `ok`. */
export const STATE_AGAIN_MS = 15_000;

/**
 * `subscribe`: it is to be asked for. `resync`: ask for what is missing, and report `due` at `repair.at`. `wait`:
 * report that alone. `query`: ask what became of its market.
 */
export type ChannelAction = 'subscribe' | 'resync' | 'wait' | 'query';

export type ChannelStep = {
  readonly state: ChannelState;
  readonly action: ChannelAction | undefined;
};

/** What does not change in a channel's life: what it is of, and whence the jitter of its resyncs comes. */
export type ChannelNature = { readonly kind: Channel['kind']; readonly random: Random };

type Repairable = Exclude<Followed, { kind: 'bookless' }>;
type Awaiting = Extract<Followed, { kind: 'awaiting' }>;
type Doubted = Extract<Followed, { kind: 'doubted' }>;

/** The state after `event` at `now`, and what is to be done. Total: any event may come in any state. */
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
      // A snapshot follows by itself; until then a book that is held is not to be believed.
      return wait(hasValue(state) ? doubt(state, event.reason) : emptied(state), now);
    default:
      return stepAny(state, event, now, nature);
  }
}

/** Of trades, and of tickers and candles, of which only the newest counts. */
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

/** To be asked for, with nothing of what was; a refusal holds until the feed says otherwise. */
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
  // The first snapshot follows by itself, unless its frame is lost.
  return nature.kind === 'book' && next.kind !== 'bookless' ? wait(next, now) : stay(next);
}

function served(state: ChannelState, id: number, { kind }: ChannelNature): Followed {
  if (isFollowed(state)) return { ...state, id };
  const none = { id, repair: undefined, proof: undefined };
  const { held } = state.kind === 'carried' ? state : { held: undefined };
  if (held === undefined) return { kind: 'awaiting', id, word: undefined, repair: undefined };
  if (held.kind === 'doubted') return { ...held, id, word: undefined, repair: undefined };
  // The feed says where the channel stands, if it is not well; a book is what it was until its snapshot.
  return held.kind === 'declared' && kind === 'book'
    ? { ...held, ...none }
    : { kind: 'ok', ...none };
}

/**
 * What is held stays as true as it is. A closed candle between the two connections would be missed: those begin anew.
 */
function moved(state: ChannelState, { kind }: ChannelNature): ChannelState {
  const held = kind === 'candles' ? undefined : heldIn(state);
  return held === undefined ? unsent(state) : { kind: 'carried', askedAt: undefined, held };
}

/** Asks again for what was not answered, and what became of a market that was last said not to be ok. */
function tick(state: ChannelState, now: MonotonicMs): ChannelStep {
  const askedAt = askedAtIn(state);
  // Whatever was carried over is not going on by itself.
  if (askedAt !== undefined && now - askedAt >= ANSWER_MS)
    return { state: unsent(state), action: 'subscribe' };
  if (state.kind === 'refused' && state.again === 'later' && now - state.at >= REFUSED_AGAIN_MS)
    return { state: unsent(state), action: 'subscribe' };
  const canAsk = state.kind === 'awaiting' || state.kind === 'doubted' || state.kind === 'declared';
  if (!canAsk || state.word === undefined || state.repair !== undefined) return stay(state);
  if (now - state.word.at < STATE_AGAIN_MS) return stay(state);
  return { state: { ...state, word: { ...state.word, at: now } }, action: 'query' };
}

/** Trades, a ticker or a candle: what was missing is there. */
function valued(state: Followed): Followed {
  if (isWhole(state)) return state.repair === undefined ? state : { ...state, repair: undefined };
  if (state.kind !== 'awaiting') return state;
  const { id, word } = state;
  const rest = { id, repair: undefined, proof: undefined };
  return word === undefined ? { kind: 'ok', ...rest } : { kind: 'declared', word, ...rest };
}

/** A snapshot that checks: what the feed said of the market before it is over (P12). */
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

/** The book is not to be believed; what the feed said of its market stays said. */
function doubt(state: Followed, reason: StateReason): Doubted {
  return { kind: 'doubted', id: state.id, reason, word: wordIn(state), repair: repairIn(state) };
}

/** Nothing is held any more; what the feed said of the market stays said. */
function emptied(state: Followed): Awaiting {
  return { kind: 'awaiting', id: state.id, word: wordIn(state), repair: repairIn(state) };
}

function wordIn(state: Followed): Word | undefined {
  return state.kind === 'ok' ? undefined : state.word;
}

function repairIn(state: Followed): Repair | undefined {
  return state.kind === 'bookless' ? undefined : state.repair;
}

/** There may be a book after all: of another moment, or none yet. */
function withBook(
  state: Extract<Followed, { kind: 'bookless' }>,
  reason: StateReason,
): Awaiting | Doubted {
  return state.hasValue ? doubt(state, reason) : emptied(state);
}

/** The feed's own word on the market behind the channel. */
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
  // The book of another moment is none of this one (P28d).
  if (kind === 'book' && market === 'syncing' && isBookless(reason))
    return { kind: 'bookless', id, word, hasValue: hasValue(state) };
  if (state.kind === 'ok')
    return { kind: 'declared', id, word, repair: state.repair, proof: state.proof };
  return state.kind === 'bookless' ? { ...withBook(state, reason), word } : { ...state, word };
}

/** The feed says that the market is ok. */
function cleared(state: Followed, reason: StateReason, kind: Channel['kind']): Followed {
  if (state.kind === 'ok') return state;
  const { id } = state;
  if (state.kind === 'declared')
    return { kind: 'ok', id, repair: state.repair, proof: state.proof };
  // Of a market that is right and has no trade yet nothing more is to be awaited.
  if (state.kind === 'awaiting' && kind === 'trades')
    return { kind: 'ok', id, repair: state.repair, proof: undefined };
  return { ...(state.kind === 'bookless' ? withBook(state, reason) : state), word: undefined };
}

/** The link alone proves nothing of the market: whether its source lives, only the feed can say (P20b). */
function proven(
  state: Followed,
  { isNewest, heardMs }: Extract<ChannelEvent, { type: 'heartbeat' }>,
  now: MonotonicMs,
): Followed {
  if (!isWhole(state)) return state;
  const isProof = isNewest && heardMs !== undefined;
  return { ...state, proof: isProof ? { at: now, heardAt: later(now, -heardMs) } : undefined };
}

/** What was to be asked for by now: asked for, unless it came, or the time for it is another by now. */
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

/** Asks for what is missing, unless that is under way. */
function resync(state: Repairable, now: MonotonicMs, nature: ChannelNature): ChannelStep {
  return (state.repair?.attempt ?? 0) > 0 ? stay(state) : ask(state, now, nature);
}

function ask(state: Repairable, now: MonotonicMs, { random }: ChannelNature): ChannelStep {
  const attempt = (state.repair?.attempt ?? 0) + 1;
  const repair = { attempt, at: later(now, resyncDelayMs(attempt, random)) };
  return { state: { ...state, repair }, action: 'resync' };
}

/** It is given time to come by itself. */
function wait(state: Repairable, now: MonotonicMs): ChannelStep {
  const repair = { attempt: state.repair?.attempt ?? 0, at: later(now, RESET_PATIENCE_MS) };
  return { state: { ...state, repair }, action: 'wait' };
}

function stay(state: ChannelState): ChannelStep {
  return { state, action: undefined };
}
