/*
 * One channel of a link: its data and its state (`channel-state.ts`). A book channel has a mirror, trades track their
 * sequence, and the others only have a latest value.
 */
import { BookMirror, type MirrorOutcome } from '../book/book-mirror.ts';
import type { ChannelInstrument } from '../instrument/instrument.ts';
import type { EpochMs } from '../number/level.ts';
import type { Random } from '../number/random.ts';
import type { MonotonicMs } from '../time/clock.ts';
import type { BookDeltaMessage, BookSnapshotMessage } from '../wire/book.ts';
import type { Channel } from '../wire/channel.ts';
import type { CandleMessage, TickerMessage, TradesMessage, TradeTuple } from '../wire/tape.ts';
import {
  type ChannelEvent,
  type ChannelState,
  hasValue,
  type Held,
  heldIn,
  isAsked,
  isFollowed,
  type Proof,
  UNSENT,
  type Word,
} from './channel-state.ts';
import { type ChannelAction, stepChannel } from './channel-step.ts';

/** `unsent` and `asked`: no `subscribed` yet. `refused`: the feed rejected the channel. */
export type Subscription = 'unsent' | 'asked' | 'open' | 'refused';

/** Phase of a channel; only `ok` may be shown as correct. */
export type ChannelPhase =
  | 'awaiting'
  | 'ok'
  | 'resyncing'
  | 'stale'
  | 'halted'
  /** The recording has no book (P28d); this is not a fault. */
  | 'no-book'
  | 'error';

export class LinkChannel {
  readonly name: string;
  readonly parsed: Channel;
  /** Set for a book channel. */
  readonly mirror: BookMirror | undefined;
  #state: ChannelState = UNSENT;
  #grid: ChannelInstrument | undefined;
  #epoch: string | undefined;
  /**
   * Sequence of the newest trade, candle or ticker; undefined until the first of an epoch. Books use the mirror's.
   */
  #sequence: number | undefined;

  constructor(name: string, parsed: Channel) {
    this.name = name;
    this.parsed = parsed;
    this.mirror = parsed.kind === 'book' ? new BookMirror() : undefined;
  }

  get state(): ChannelState {
    return this.#state;
  }

  get subscription(): Subscription {
    if (isFollowed(this.#state)) return 'open';
    if (this.#state.kind === 'refused' && this.#state.again === 'later') return 'refused';
    return isAsked(this.#state) ? 'asked' : 'unsent';
  }

  /** The feed's channel id, valid for one connection. */
  get id(): number | undefined {
    return isFollowed(this.#state) ? this.#state.id : undefined;
  }

  /** The instrument from the last `subscribed` or reset. */
  get grid(): ChannelInstrument | undefined {
    return this.#grid;
  }

  /** The epoch of `sequence` (P13). */
  get epoch(): string | undefined {
    return this.#epoch;
  }

  get sequence(): number {
    return this.mirror?.book.sequence ?? this.#sequence ?? 0;
  }

  /** Whether `sequence` belongs to the current epoch: after a reset, sequences start over. */
  get hasSequence(): boolean {
    return this.mirror !== undefined || this.#sequence !== undefined;
  }

  /** Whether the channel has data, correct or not. */
  get hasValue(): boolean {
    return hasValue(this.#state);
  }

  /** When the next resync is due, unless the data arrives before; undefined if nothing is missing. */
  get repairAt(): MonotonicMs | undefined {
    return 'repair' in this.#state ? this.#state.repair?.at : undefined;
  }

  /** When the feed last confirmed that it has nothing newer and that its source is alive (P20b). */
  get provenAt(): MonotonicMs | undefined {
    return this.#proof?.at;
  }

  /** The source's last sign of life in that confirmation. */
  get heardAt(): MonotonicMs | undefined {
    return this.#proof?.heardAt;
  }

  /** Since when the market is not ok, by the feed; in a replay a session time. */
  get statedSince(): EpochMs | undefined {
    return this.#word?.since;
  }

  get phase(): ChannelPhase {
    const state = this.#state;
    switch (state.kind) {
      case 'unsent':
      case 'asked':
      case 'awaiting':
        return 'awaiting';
      case 'bookless':
        return 'no-book';
      case 'carried':
        return phaseOf(state.held, false);
      case 'ok':
      case 'doubted':
      case 'declared':
        return phaseOf(state, (state.repair?.attempt ?? 0) > 0);
      case 'refused':
        return 'error';
    }
  }

  /** Why the channel is not `ok`, or what it awaits. */
  get detail(): string {
    const state = this.#state;
    if (state.kind === 'refused') return state.message;
    if (this.phase === 'awaiting') return FIRST_VALUE[this.parsed.kind];
    if (state.kind === 'bookless') return state.word.reason;
    const held = heldIn(state);
    if (held?.kind === 'doubted') return held.reason;
    return held?.kind === 'declared' ? held.word.reason : '';
  }

  /**
   * Updates the state, and the mirror with it, and returns the action to take. Pass book messages and trades to
   * `takeBook`, `takeTrades` or `takeLatest` first: their result gives the event.
   */
  step(event: ChannelEvent, now: MonotonicMs, random: Random): ChannelAction | undefined {
    const before = this.#state;
    const { state, action } = stepChannel(before, event, now, { kind: this.parsed.kind, random });
    this.#state = state;
    if (isFollowed(before)) this.#follow(event);
    // Data that was dropped must not stay trusted.
    if (this.mirror !== undefined && hasValue(before) && !hasValue(state)) this.mirror.lose();
    return action;
  }

  /** Sets the grid of all following numbers. */
  regrid(grid: ChannelInstrument): void {
    this.#grid = grid;
  }

  /** Applies a message to the mirror. @throws if this is not a book channel, which is a bug of the caller. */
  takeBook(message: BookSnapshotMessage | BookDeltaMessage): MirrorOutcome {
    const { mirror } = this;
    if (mirror === undefined) throw new Error(`${this.name} is no book`);
    if (message.type === 'book-delta') return mirror.applyDelta(message);
    this.#epoch = message.epoch;
    return mirror.applySnapshot(message);
  }

  takeLatest({ sequence }: TickerMessage | CandleMessage): void {
    this.#sequence = sequence;
  }

  /**
   * Applies a trades message. Returns its new trades, and in `lost` how many trades are gone for good: those between
   * the last known sequence and the new one that did not arrive, counted once even if reported repeatedly (P17).
   * `isNew`: the trades replace the previous ones. Undefined if the trades are of another epoch whose first message
   * is missing; only a first value can follow then (P17b).
   */
  takeTrades(message: TradesMessage):
    | {
        readonly trades: readonly TradeTuple[];
        readonly lost: number;
        readonly isNew: boolean;
      }
    | undefined {
    const { epoch, life, previous, sequence } = message;
    if (epoch === undefined && life !== undefined && life !== (this.#epoch ?? life))
      return undefined;
    const isNew = this.#sequence === undefined || (epoch !== undefined && epoch !== this.#epoch);
    const known = isNew ? previous : this.sequence;
    const trades = isNew ? message.trades : message.trades.filter(([number]) => number > known);
    this.#epoch = epoch ?? life ?? this.#epoch;
    this.#sequence = isNew ? sequence : Math.max(known, sequence);
    return { trades, lost: this.#sequence - known - trades.length, isNew };
  }

  get #proof(): Proof | undefined {
    return 'proof' in this.#state ? this.#state.proof : undefined;
  }

  get #word(): Word | undefined {
    const state = this.#state;
    const holder = state.kind === 'carried' ? state.held : state;
    return 'word' in holder ? holder.word : undefined;
  }

  /** Applies the event to the mirror and the sequence. */
  #follow(event: ChannelEvent): void {
    const { mirror } = this;
    if (event.type === 'declared') mirror?.declare(event.state, event.reason);
    else if (event.type === 'lost-frame') mirror?.lose();
    else if (event.type === 'reset') {
      mirror?.reset(event.reason);
      if (mirror !== undefined) return;
      // A new epoch begins: the next value replaces the data.
      this.#sequence = undefined;
      this.#epoch = undefined;
    }
  }
}

/** A book with a gap is being resynced; a market that the feed declared stale cannot be repaired by the client. */
function phaseOf(held: Held, isRepaired: boolean): ChannelPhase {
  if (held.kind === 'ok') return 'ok';
  if (held.kind === 'doubted') return 'resyncing';
  const { state } = held.word;
  return state === 'syncing' || (state === 'stale' && isRepaired) ? 'resyncing' : state;
}

const FIRST_VALUE: Readonly<Record<Channel['kind'], string>> = {
  book: 'book snapshot',
  trades: 'trades',
  ticker: 'ticker',
  candles: 'candles',
};
