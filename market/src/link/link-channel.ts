/*
 * One channel of a link: what was asked for, what the feed said of it, and whether its content may be believed. A book
 * channel holds its mirror; trades count their chain; the others only have a latest value.
 */
import { BookMirror } from '../book-mirror.ts';
import { LONG_AGO, type MonotonicMs } from '../clock.ts';
import { type ChannelInstrument, isBookless } from '../instrument.ts';
import type { EpochMs } from '../level.ts';
import type { Channel } from '../wire/channel.ts';
import type { TradesMessage, TradeTuple } from '../wire/tape.ts';

/** `unsent` and `asked`: no `subscribed` yet. `refused`: the feed does not serve it. */
export type Subscription = 'unsent' | 'asked' | 'open' | 'refused';

/** How long a channel is left with what the feed last said of its market, while that is not `ok`. */
const STATE_AGAIN_MS = 15_000;

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
  subscription: Subscription = 'unsent';
  /** The feed's number of it, for the life of one connection. */
  id: number | undefined;
  /** As the feed said it with `subscribed` or a reset. */
  grid: ChannelInstrument | undefined;
  /** The stream's life that `sequence` counts in (P13). */
  epoch: string | undefined;
  /** Of the newest trade, candle or ticker; a book's is its mirror's. */
  #sequence = 0;
  #hasSequence = false;
  hasValue = false;
  /** What it holds came over the connection before; on this one it is asked for and will go on from there (P32c). */
  isCarried = false;
  /** When it was last proved that the feed has nothing newer and hears of its source (P20b). */
  provenAt: MonotonicMs | undefined;
  /** Up to when that proof reaches: the last sign of life of the source. */
  heardAt: MonotonicMs | undefined;
  /** The feed's own word while it is not `ok`, of channels without a mirror. */
  declared: 'ok' | 'syncing' | 'stale' | 'halted' = 'ok';
  /** When it said that, or was last asked. */
  statedAt: MonotonicMs = LONG_AGO;
  /** Since when that is so, as the feed says it: in a replay a moment of the recording. */
  statedSince: EpochMs | undefined;
  reason: string | undefined;
  refusal: string | undefined;
  /** How often a snapshot was asked for since the last good one. */
  resyncAttempt = 0;
  resyncAt: MonotonicMs | undefined;
  askedAt: MonotonicMs | undefined;

  constructor(name: string, parsed: Channel) {
    this.name = name;
    this.parsed = parsed;
    this.mirror = parsed.kind === 'book' ? new BookMirror() : undefined;
  }

  get sequence(): number {
    return this.mirror?.book.sequence ?? this.#sequence;
  }

  set sequence(value: number) {
    this.#sequence = value;
    this.#hasSequence = true;
  }

  /** Whether `sequence` counts in the stream's present life: after a reset the count starts anew. */
  get hasSequence(): boolean {
    return this.mirror !== undefined || this.#hasSequence;
  }

  /** The recording has no book here: none is awaited, and none is asked for. */
  get isBookless(): boolean {
    if (this.mirror === undefined || this.subscription !== 'open') return false;
    return this.declared === 'syncing' && isBookless(this.mirror.reason);
  }

  get phase(): ChannelPhase {
    // Asked for again it stays refused until the feed says otherwise.
    if (this.refusal !== undefined) return 'error';
    if (this.isBookless) return 'no-book';
    if ((this.subscription !== 'open' && !this.isCarried) || !this.hasValue) return 'awaiting';
    const state = this.mirror?.state ?? this.declared;
    if (state === 'ok' || state === 'halted') return state;
    if (state === 'syncing') return 'resyncing';
    // A mirror that lost the chain is being repaired; a market that the feed calls stale is not ours to repair.
    return this.resyncAttempt > 0 || this.mirror?.gap !== undefined ? 'resyncing' : 'stale';
  }

  /** What is awaited, or why it is not `ok`. */
  get detail(): string {
    if (this.refusal !== undefined) return this.refusal;
    if (this.phase === 'awaiting') return FIRST_VALUE[this.parsed.kind];
    return this.mirror?.reason ?? this.reason ?? '';
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
    if (epoch === undefined && life !== undefined && life !== (this.epoch ?? life)) {
      this.hasValue = false;
      return undefined;
    }
    const isNew = !this.hasSequence || (epoch !== undefined && epoch !== this.epoch);
    const known = isNew ? previous : this.sequence;
    const trades = isNew ? message.trades : message.trades.filter(([number]) => number > known);
    this.epoch = epoch ?? life ?? this.epoch;
    this.sequence = isNew ? sequence : Math.max(known, sequence);
    this.hasValue = true;
    return { trades, lost: this.sequence - known - trades.length, isNew };
  }

  /** Whether it is time to ask what became of a market that was last said not to be ok. */
  needsWord(now: MonotonicMs): boolean {
    const isBad =
      this.declared !== 'ok' &&
      this.phase !== 'ok' &&
      !this.isBookless &&
      this.resyncAt === undefined;
    if (!isBad || now - this.statedAt < STATE_AGAIN_MS) return false;
    this.statedAt = now;
    return true;
  }

  /** Another life of the stream begins: what comes next replaces what was there. */
  restart(): void {
    this.#hasSequence = false;
    this.#sequence = 0;
    this.hasValue = false;
    this.epoch = undefined;
  }

  /**
   * Another connection takes over at once: what is held stays as true and as old as it is. A closed candle between the
   * two connections would be missed, so those begin anew.
   */
  carry(): void {
    this.subscription = 'unsent';
    this.id = undefined;
    this.isCarried = this.hasValue && this.parsed.kind !== 'candles';
    if (!this.isCarried) this.hasValue = false;
    this.resyncAttempt = 0;
    this.resyncAt = undefined;
    this.provenAt = undefined;
  }

  /** The connection is gone: what is known of the feed's side is void, the content stays to be shown dimmed. */
  cut(): void {
    this.subscription = 'unsent';
    this.id = undefined;
    this.isCarried = false;
    this.hasValue = false;
    this.declared = 'ok';
    this.resyncAttempt = 0;
    this.resyncAt = undefined;
    this.provenAt = undefined;
    this.mirror?.lose();
  }
}

const FIRST_VALUE: Readonly<Record<Channel['kind'], string>> = {
  book: 'book snapshot',
  trades: 'trades',
  ticker: 'ticker',
  candles: 'candles',
};
