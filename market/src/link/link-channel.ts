/*
 * One channel of a link: its content, and where it stands (`channel-state.ts`). A book channel holds its mirror; trades
 * count their chain; the others only have a latest value.
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

/** `unsent` and `asked`: no `subscribed` yet. `refused`: the feed does not serve it. */
export type Subscription = 'unsent' | 'asked' | 'open' | 'refused';

/** Where a channel stands; only `ok` may be shown as true. */
export type ChannelPhase =
  | 'awaiting'
  | 'ok'
  | 'resyncing'
  | 'stale'
  | 'halted'
  /** Of a book that the recording does not have (P28d): no fault. */
  | 'no-book'
  | 'error';

export class LinkChannel {
  readonly name: string;
  readonly parsed: Channel;
  /** Of a book channel. */
  readonly mirror: BookMirror | undefined;
  #state: ChannelState = UNSENT;
  #grid: ChannelInstrument | undefined;
  #epoch: string | undefined;
  /** Of the newest trade, candle or ticker; a book's is its mirror's. Undefined until the first of a life. */
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

  /** The feed's number of it, for the life of one connection. */
  get id(): number | undefined {
    return isFollowed(this.#state) ? this.#state.id : undefined;
  }

  /** As the feed said it with `subscribed` or a reset. */
  get grid(): ChannelInstrument | undefined {
    return this.#grid;
  }

  /** The stream's life that `sequence` counts in (P13). */
  get epoch(): string | undefined {
    return this.#epoch;
  }

  get sequence(): number {
    return this.mirror?.book.sequence ?? this.#sequence ?? 0;
  }

  /** Whether `sequence` counts in the stream's present life: after a reset the count starts anew. */
  get hasSequence(): boolean {
    return this.mirror !== undefined || this.#sequence !== undefined;
  }

  /** Whether it holds a value, be it true or not. */
  get hasValue(): boolean {
    return hasValue(this.#state);
  }

  /** When what is missing is asked for, unless it comes by then; undefined where nothing is. */
  get repairAt(): MonotonicMs | undefined {
    return 'repair' in this.#state ? this.#state.repair?.at : undefined;
  }

  /** When it was last proved that the feed has nothing newer and hears of its source (P20b). */
  get provenAt(): MonotonicMs | undefined {
    return this.#proof?.at;
  }

  /** Up to when that proof reaches: the last sign of life of the source. */
  get heardAt(): MonotonicMs | undefined {
    return this.#proof?.heardAt;
  }

  /** Since when the market is not ok, as the feed says it: in a replay a moment of the recording. */
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

  /** What is awaited, or why it is not `ok`. */
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
   * Where it stands after `event`, its mirror with it; what is to be done is returned. Book messages and trades are taken
   * by `takeBook`, `takeTrades` and `takeLatest` first: what became of them is the event.
   */
  step(event: ChannelEvent, now: MonotonicMs, random: Random): ChannelAction | undefined {
    const before = this.#state;
    const { state, action } = stepChannel(before, event, now, { kind: this.parsed.kind, random });
    this.#state = state;
    if (isFollowed(before)) this.#follow(event);
    // What is held no longer is not believed.
    if (this.mirror !== undefined && hasValue(before) && !hasValue(state)) this.mirror.lose();
    return action;
  }

  /** The feed serves it in this grid, or counts in it from here on. */
  regrid(grid: ChannelInstrument): void {
    this.#grid = grid;
  }

  /** Applies a message to the mirror: what became of it. @throws for a channel that is no book: a bug of the caller. */
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
   * Goes on by a message of trades: those of it that are new, and how many there were that can no longer be had.
   * Whatever stands between what was known and what is known now, and did not come, is lost: once, however often and in
   * whatever order it is said (P17). `isNew`: they replace what was there. Undefined where they are of another life than
   * what is held, and nobody said that it began: only a first value leads on (P17b).
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

  /** The content goes along with what was said of the channel. */
  #follow(event: ChannelEvent): void {
    const { mirror } = this;
    if (event.type === 'declared') mirror?.declare(event.state, event.reason);
    else if (event.type === 'lost-frame') mirror?.lose();
    else if (event.type === 'reset') {
      mirror?.reset(event.reason);
      if (mirror !== undefined) return;
      // Another life of the stream begins: what comes next replaces what was there.
      this.#sequence = undefined;
      this.#epoch = undefined;
    }
  }
}

/** A book that lost the chain is being repaired; a market that the feed calls stale is not ours to repair. */
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
