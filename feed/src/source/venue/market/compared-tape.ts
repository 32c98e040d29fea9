/*
 * The trades of one market whose ids do not count, so that no hole shows in them: each has a key, and is reported
 * once. The venue's list of recent trades is requested from time to time, and after each interruption, and compared
 * with what arrived. What the list has and the stream had not is reported late. If the list does not reach back to an
 * interruption, an unknown number of trades is missing, and that is reported.
 */
import type { EpochMs } from '@tapedeck/market/number/level';
import { type Clock, later, type MonotonicMs } from '@tapedeck/market/time/clock';

import { RecentKeys } from '../../../venue/recent-keys.ts';
import type { VenueTrade } from '../../../venue/venue-event.ts';
import type { Tape, TapeOutput } from './trade-tape.ts';

/** The list may be behind the stream. */
const GRACE_MS = 300;
const RETRY_MS = 2_000;
/** While the stream is interrupted, so that a short list leaves no hole. */
const DOWN_MS = 5_000;
const HOLD_MS = 5_000;
/** An interruption that no list has covered after this is given up. */
const PATIENCE_MS = 120_000;

const SHORT_LIST = 'the venue lists only its newest trades';
const NO_LIST = 'the venue does not list its trades';

type Gap = {
  /** Time of the newest trade that is known to have none missing before it. */
  after: EpochMs;
  /** Time of the first trade after the interruption. */
  before: EpochMs | undefined;
  since: MonotonicMs;
};

export class ComparedTape implements Tape {
  readonly #market: string;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #everyMs: number;
  readonly #out: TapeOutput;
  readonly #keys = new RecentKeys();
  #first: VenueTrade | undefined;
  #newest: EpochMs = 0;
  #isUp = false;
  #isAsked = false;
  #askAt: MonotonicMs | undefined;
  #gap: Gap | undefined;
  #held: VenueTrade[] | undefined;

  constructor(market: string, clock: Pick<Clock, 'monotonic'>, everyMs: number, out: TapeOutput) {
    this.#market = market;
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#out = out;
  }

  linked(): void {
    this.#isUp = true;
    if (this.#first === undefined) return;
    this.#interrupt();
    // Later trades wait for the missing ones, so that candles open and close with the right trades.
    this.#held ??= [];
  }

  unlinked(): void {
    this.#isUp = false;
    if (this.#first !== undefined) this.#interrupt();
  }

  take(trade: VenueTrade): void {
    if (!this.#keys.add(keyOf(trade))) return;
    // Trades from before the first subscription are not reported.
    const from = this.#first?.eventTime ?? Infinity;
    if (trade.isPast === true && trade.eventTime < from) return;
    if (this.#first === undefined) {
      this.#first = trade;
      this.#askAt = later(this.#clock.monotonic(), this.#everyMs);
    }
    this.#newest = Math.max(this.#newest, trade.eventTime);
    const gap = this.#gap;
    if (gap !== undefined && gap.before === undefined && this.#isUp && trade.isPast !== true) {
      gap.before = trade.eventTime;
      this.#askAt = later(this.#clock.monotonic(), GRACE_MS);
    }
    if (this.#held === undefined) this.#say(trade);
    else this.#held.push(trade);
  }

  /** The answer to a request, oldest first; undefined if there was none. */
  filled(events: readonly VenueTrade[] | undefined): void {
    const now = this.#clock.monotonic();
    this.#isAsked = false;
    if (events === undefined || !this.#isComparable(events)) {
      this.#askAt = later(now, RETRY_MS);
      return;
    }
    const missing = this.#missingOf(events);
    this.#measure(events);
    const gap = this.#gap;
    const ms = gap === undefined ? this.#everyMs : gap.before === undefined ? DOWN_MS : RETRY_MS;
    this.#askAt = later(now, ms);
    if (gap === undefined) this.#release(missing);
    else for (const trade of missing) this.#say(trade);
  }

  /** To be called a few times a second. */
  tick(): void {
    if (this.#askAt === undefined) return;
    const now = this.#clock.monotonic();
    const gap = this.#gap;
    if (gap !== undefined && now - gap.since > HOLD_MS) this.#release([]);
    if (gap !== undefined && this.#isUp && now - gap.since > PATIENCE_MS) {
      this.#gap = undefined;
      if (gap.before !== undefined) this.#out.unknown(gap.after, gap.before, NO_LIST);
    }
    if (this.#isAsked || now < this.#askAt) return;
    this.#isAsked = true;
    const { after, before } = this.#gap ?? { after: this.#newest, before: undefined };
    this.#out.ask({ market: this.#market, from: 0, to: 0, after, before, isAggregate: false });
  }

  /** A list of the same time that has none of the trades that arrived gives them other keys, or is too far behind. */
  #isComparable(events: readonly VenueTrade[]): boolean {
    const from = this.#first?.eventTime ?? Infinity;
    const same = events.filter(({ eventTime }) => eventTime >= from && eventTime <= this.#newest);
    return same.length === 0 || events.some((event) => this.#keys.has(keyOf(event)));
  }

  finish(): void {
    this.#release([]);
  }

  #interrupt(): void {
    const now = this.#clock.monotonic();
    if (this.#gap === undefined) this.#gap = { after: this.#newest, before: undefined, since: now };
    else {
      this.#gap.before = undefined;
      this.#gap.since = now;
    }
    if (!this.#isUp) this.#askAt = later(now, DOWN_MS);
  }

  /** The listed trades that did not arrive, since the first that did. */
  #missingOf(events: readonly VenueTrade[]): readonly VenueTrade[] {
    const first = this.#first;
    if (first === undefined) return [];
    const at = events.findIndex((event) => keyOf(event) === keyOf(first));
    return events
      .slice(at + 1)
      .filter(
        (event) => (at >= 0 || event.eventTime > first.eventTime) && this.#keys.add(keyOf(event)),
      );
  }

  /** Whether the list covers the interruption. */
  #measure(events: readonly VenueTrade[]): void {
    const gap = this.#gap;
    const [oldest, newest] = [events[0]?.eventTime, events.at(-1)?.eventTime];
    if (gap === undefined || oldest === undefined || newest === undefined) return;
    if (oldest > gap.after)
      this.#out.unknown(gap.after, Math.min(oldest, gap.before ?? oldest), SHORT_LIST);
    gap.after = Math.max(gap.after, newest);
    if (gap.before !== undefined && gap.after >= gap.before) this.#gap = undefined;
  }

  #release(missing: readonly VenueTrade[]): void {
    const all = [...missing, ...(this.#held ?? [])];
    this.#held = undefined;
    for (const trade of all.toSorted((a, b) => a.eventTime - b.eventTime)) this.#say(trade);
  }

  #say(trade: VenueTrade): void {
    if (trade.kind === 'MARKET') this.#out.trade(trade);
  }
}

function keyOf({ key, id, eventTime, price, size }: VenueTrade): string {
  return key ?? (id === undefined ? `${eventTime} ${price} ${size}` : String(id));
}
