/*
 * The trades of one market, each once. The trades of a hole in the ids are requested; meanwhile later trades are held
 * back for a few seconds, so that candles open and close with the right trades. Trades that arrive after that amend
 * their candle.
 */
import type { EpochMs } from '@tapedeck/market/number/level';
import { type Clock, later, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { TradeHole } from '../../../venue/live-venue.ts';
import { RecentKeys } from '../../../venue/recent-keys.ts';
import type { VenueId, VenueTrade } from '../../../venue/venue-event.ts';

/** Missing trades may just be late. */
const GRACE_MS = 300;
const HOLD_MS = 5_000;
/** A hole still open after this is given up. */
const PATIENCE_MS = 120_000;
const RETRY_MS = 2_000;
/** After this many answers with nothing new, the venue is taken not to have the trades. */
const MOST_IN_VAIN = 3;
/** A larger hole is reported as lost at once: requesting it would take too long to be useful. */
const MOST_MISSED = 50_000;
const MAX_HELD = 20_000;

export type TapeOutput = {
  readonly trade: (trade: VenueTrade) => void;
  /** Requests the trades of a hole; the answer goes to `filled`. */
  readonly ask: (hole: TradeHole) => void;
  readonly lost: (count: number) => void;
  /** An unknown number of trades between these times may be missing. */
  readonly unknown: (from: EpochMs, to: EpochMs, why: string) => void;
};

export interface Tape {
  take(trade: VenueTrade): void;
  /** The answer to a request; undefined if there was none. */
  filled(events: readonly VenueTrade[] | undefined): void;
  /** To be called a few times a second. */
  tick(): void;
  /** The stream begins, or was interrupted. */
  linked(): void;
  unlinked(): void;
  /** The market ends: what was held is reported now. */
  finish(): void;
}

type Open = TradeHole & {
  readonly since: MonotonicMs;
  askAt: MonotonicMs;
  isAsked: boolean;
  next: VenueId;
  inVain: number;
};

export class TradeTape implements Tape {
  readonly #market: string;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #out: TapeOutput;
  #last: VenueTrade | undefined;
  #hasBegun = false;
  /** The last trade before the venue reset its ids: a trade that is not later belongs to the old ids. */
  #renumbered: VenueTrade | undefined;
  #hole: Open | undefined;
  #held: VenueTrade[] = [];
  /** Trades of the hole that arrived, late or by request. */
  readonly #late = new Map<string, VenueTrade>();
  /** Ids that arrived after the hole, held or not: if a further hole is merged into it, it spans them. */
  readonly #seen = new Set<string>();
  #isHolding = false;
  readonly #keys = new RecentKeys();

  constructor(market: string, clock: Pick<Clock, 'monotonic'>, out: TapeOutput) {
    this.#market = market;
    this.#clock = clock;
    this.#out = out;
  }

  take(trade: VenueTrade): void {
    const last = this.#last;
    if (this.#isRepeated(trade)) return;
    // Trades from before the first subscription are not reported.
    if (!this.#hasBegun && trade.isPast === true) {
      if (last === undefined || !isKnown(last, trade)) this.#last = trade;
      return;
    }
    this.#hasBegun = true;
    if (last === undefined) {
      this.#last = trade;
      return this.#say(trade);
    }
    if (trade.id === undefined) return this.#say(trade);
    if (trade.eventTime <= (this.#renumbered?.eventTime ?? 0)) return;
    const hole = this.#hole;
    if (hole !== undefined && this.#isOf(hole, trade)) {
      this.#late.set(nameIn(hole, trade), trade);
      return;
    }
    if (isKnown(last, trade)) {
      // Ids that go back while time advances: the venue reset them.
      if (trade.isPast === true || trade.eventTime <= last.eventTime) return;
      this.#close();
      this.#renumbered = last;
      this.#out.unknown(last.eventTime, trade.eventTime, "the venue's trade ids start over");
      this.#last = trade;
      return this.#say(trade);
    }
    const missing = missingBefore(last, trade);
    this.#last = trade;
    if (missing !== undefined) this.#open({ ...missing, before: trade.eventTime }, last);
    if (this.#hole !== undefined) this.#seen.add(nameIn(this.#hole, trade));
    if (this.#isHolding) this.#hold(trade);
    else this.#say(trade);
  }

  /** If ids do not count, by its key. */
  #isRepeated({ id, key }: VenueTrade): boolean {
    return id === undefined && key !== undefined && !this.#keys.add(key);
  }

  /** An interruption shows as a hole in the ids. */
  linked(): void {}
  unlinked(): void {}

  filled(events: readonly VenueTrade[] | undefined): void {
    const hole = this.#hole;
    if (hole === undefined) return;
    hole.isAsked = false;
    hole.askAt = later(this.#clock.monotonic(), RETRY_MS);
    if (events === undefined) return;
    let newest: VenueId | undefined;
    for (const event of events) {
      const key = hole.isAggregate ? event.aggregateId : event.id;
      if (key === undefined || key < hole.from || key > hole.to) continue;
      if (!this.#seen.has(String(key))) this.#late.set(String(key), event);
      if (newest === undefined || key > newest) newest = key;
    }
    // If the answer reaches the hole's end, what it lacks is gone. If not, the venue's archive is behind its stream.
    const isOver =
      (newest !== undefined && newest >= hole.to) || events.some((event) => after(hole, event));
    if (isOver || (newest === undefined && ++hole.inVain >= MOST_IN_VAIN)) this.#close();
    else if (newest !== undefined) {
      hole.next = plainId(BigInt(newest) + 1n);
      this.#ask(hole);
    }
  }

  tick(): void {
    const hole = this.#hole;
    if (hole === undefined) return;
    const now = this.#clock.monotonic();
    if (this.#missing(hole) === 0 || now - hole.since > PATIENCE_MS) return this.#close();
    if (this.#isHolding && now - hole.since > HOLD_MS) this.#release();
    if (!hole.isAsked && now >= hole.askAt) this.#ask(hole);
  }

  finish(): void {
    this.#close();
    this.#release();
  }

  #ask(hole: Open): void {
    hole.isAsked = true;
    this.#out.ask({ ...hole, from: hole.next });
  }

  #open(missing: Between, last: VenueTrade): void {
    const count = Number(BigInt(missing.to) - BigInt(missing.from)) + 1;
    const open = this.#hole;
    if (count > MOST_MISSED || (open !== undefined && open.isAggregate !== missing.isAggregate)) {
      this.#out.lost(count);
      return;
    }
    // One hole at a time: a second one is merged into the first.
    if (open !== undefined) {
      this.#hole = { ...open, to: missing.to, before: missing.before };
      return;
    }
    const since = this.#clock.monotonic();
    const market = this.#market;
    this.#hole = {
      ...{ ...missing, market, after: last.eventTime, since },
      ...{ askAt: later(since, GRACE_MS), isAsked: false, next: missing.from, inVain: 0 },
    };
    this.#isHolding = true;
  }

  #isOf(hole: Open, trade: VenueTrade): boolean {
    const key = hole.isAggregate ? trade.aggregateId : trade.id;
    return key !== undefined && key >= hole.from && key <= hole.to && !this.#seen.has(String(key));
  }

  /** How many trades of the hole are still missing. */
  #missing(hole: Open): number {
    const span = Number(BigInt(hole.to) - BigInt(hole.from)) + 1;
    const known = [...this.#seen].filter((name) => isWithin(name, hole)).length;
    return span - this.#late.size - known;
  }

  #close(): void {
    const hole = this.#hole;
    if (hole === undefined) return;
    const lost = this.#missing(hole);
    if (lost > 0) this.#out.lost(lost);
    const all = [...this.#late.values(), ...this.#held];
    this.#hole = undefined;
    this.#late.clear();
    this.#seen.clear();
    this.#held = [];
    this.#isHolding = false;
    for (const trade of all.toSorted((a, b) => compareIds(a.id, b.id))) this.#say(trade);
  }

  #release(): void {
    this.#isHolding = false;
    const held = this.#held;
    this.#held = [];
    for (const trade of held) this.#say(trade);
  }

  #hold(trade: VenueTrade): void {
    this.#held.push(trade);
    if (this.#held.length > MAX_HELD) this.#release();
  }

  /** Reports market trades only: a print of an insurance fund is not a trade between traders. */
  #say(trade: VenueTrade): void {
    if (trade.kind === 'MARKET') this.#out.trade(trade);
  }
}

type Missing = Pick<TradeHole, 'from' | 'to' | 'isAggregate'>;
type Between = Missing & { readonly before: number };

function nameIn(hole: Open, trade: VenueTrade): string {
  return String(hole.isAggregate ? trade.aggregateId : trade.id);
}

function after(hole: Open, event: VenueTrade): boolean {
  const key = hole.isAggregate ? event.aggregateId : event.id;
  return key !== undefined && key > hole.to;
}

function isWithin(key: string, hole: TradeHole): boolean {
  return /^\d+$/.test(key) && BigInt(key) >= BigInt(hole.from) && BigInt(key) <= BigInt(hole.to);
}

function isKnown(last: VenueTrade, trade: VenueTrade): boolean {
  if (last.aggregateId !== undefined && trade.aggregateId !== undefined)
    return trade.aggregateId <= last.aggregateId;
  return last.id !== undefined && trade.id !== undefined && trade.id <= last.id;
}

/** Aggregates have ids of their own: trade ids between two aggregates may belong to no aggregate. */
function missingBefore(last: VenueTrade, trade: VenueTrade): Missing | undefined {
  const isAggregate = last.aggregateId !== undefined && trade.aggregateId !== undefined;
  const before = isAggregate ? last.aggregateId : last.id;
  const first = isAggregate ? trade.aggregateId : (trade.firstId ?? trade.id);
  if (before === undefined || first === undefined) return undefined;
  const [from, to] = [BigInt(before) + 1n, BigInt(first) - 1n];
  return from > to ? undefined : { from: plainId(from), to: plainId(to), isAggregate };
}

function plainId(id: bigint): VenueId {
  return id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : id;
}

function compareIds(a: VenueId | undefined, b: VenueId | undefined): number {
  return a === undefined || b === undefined || a === b ? 0 : a < b ? -1 : 1;
}
