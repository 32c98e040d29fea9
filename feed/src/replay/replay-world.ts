import { DAMAGED, hidesBook } from '@tapedeck/db/book/book-store';
import type { History } from '@tapedeck/db/history';
import type { BookSnapshot } from '@tapedeck/market/book/book-delta';
import {
  type RecordedState,
  type RecordedTrouble,
  recordedTrouble,
} from '@tapedeck/market/instrument/recorded-state';
import type { Gap } from '@tapedeck/market/instrument/session';
import { must } from '@tapedeck/market/number/assert';
import type { EpochMs } from '@tapedeck/market/number/level';
import { bucketStart } from '@tapedeck/market/tape/candle';
import type { Trade } from '@tapedeck/market/tape/trade';
import type { Clock } from '@tapedeck/market/time/clock';

import { MarketEngine } from '../engine/market-engine.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';
import type { ReplayEvent } from './replay-cursor.ts';

/** Trades before the seek time that the tape shows. */
const TAPE_BEFORE = 100;

export type WorldOptions = {
  readonly id: string;
  readonly history: History;
  readonly session: string;
  readonly symbols: readonly string[];
  readonly clock: Clock;
  /** Absent: every seek applies to every market. */
  readonly audience?: WorldAudience | undefined;
};

/**
 * Which markets are watched. Nine markets take ten times as long as a page's one, and a drag seeks twelve times a
 * second.
 */
type WorldAudience = {
  readonly isFollowed: (symbol: string) => boolean;
  /** Market time reached. */
  readonly time: () => EpochMs;
  /** Runs work that may find the history unreadable. */
  readonly guard: (work: () => void) => void;
};

/**
 * The engine of a replay, and how it gets to a time: by a seek, or event by event. Both give the same books and
 * states: a market's state at t is that of the last row before t (H6), and its book is stale while a hole with `from
 * < t <= to` hides it (P16, P28). The engine's clock is the market's: `since` is a time in the recording.
 *
 * A market that nobody follows sleeps during seeks and playing: it is brought to the replay's current time when the
 * engine is asked for it.
 */
export class ReplayWorld {
  readonly engine: MarketEngine;
  readonly #options: WorldOptions;
  /** Holes that currently hide a market's book. */
  readonly #holes = new Map<SymbolMarket, Gap[]>();
  /** The last recorded state of each market. */
  readonly #rows = new Map<SymbolMarket, RecordedState>();
  readonly #markets = new Map<string, SymbolMarket>();
  readonly #asleep = new Set<SymbolMarket>();
  #life = 0;
  #time: EpochMs = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    const { history, session, clock } = options;
    this.engine = new MarketEngine({
      clock: { now: () => this.#time, monotonic: () => clock.monotonic() },
      nextEpoch: () => this.epoch,
      onAsked: (market) => this.#wake(market),
      // Only buckets that closed before the replay's time: no candle may show the future.
      candles: (symbol, interval, from, to) => {
        const end = Math.min(to, bucketStart(this.#time, interval));
        if (from >= end) return [];
        return history.candles.range({ symbol, interval, from, to: end, session, limit: 100_000 });
      },
    });
    for (const symbol of options.symbols) {
      const instrument = must(history.instruments.get(symbol, session), `instrument ${symbol}`);
      this.#markets.set(symbol, this.engine.setInstrument(instrument));
    }
  }

  /** Epoch of this replay: a seek starts the next one (P13, P28). */
  get epoch(): string {
    return `${this.#options.id}-${this.#life}`;
  }

  /**
   * Brings every followed market to its state before `time`, in a new epoch, and returns them. The first time it is
   * all markets: whoever creates a replay learns at once if its history is unreadable.
   */
  seek(time: EpochMs): readonly SymbolMarket[] {
    this.#life++;
    this.#time = time;
    this.#holes.clear();
    this.#rows.clear();
    this.#asleep.clear();
    const { audience } = this.#options;
    const followed: SymbolMarket[] = [];
    for (const market of this.#markets.values()) {
      const isWanted = this.#life === 1 || audience?.isFollowed(market.symbol) !== false;
      if (isWanted) followed.push(market);
      else this.#asleep.add(market);
    }
    for (const market of followed) this.#bring(market, time);
    return followed;
  }

  #wake(market: SymbolMarket): void {
    const { audience } = this.#options;
    if (audience === undefined || !this.#asleep.delete(market)) return;
    this.#time = Math.max(this.#time, audience.time());
    audience.guard(() => this.#bring(market, this.#time));
  }

  #bring(market: SymbolMarket, time: EpochMs): void {
    const { history, session } = this.#options;
    this.engine.reset(market, 'seek');
    const { symbol } = market;
    const tape: Trade[] = [];
    for (const trade of history.trades.newest(symbol, time, TAPE_BEFORE, { session }))
      tape.push(following(trade, tape.at(-1)?.sequence ?? 0));
    market.restoreTrades(tape);
    market.rewind();
    market.candles.restore(this.#newestMinute(market, time));
    market.candles.tell(undefined);
    const told = history.candles.toldAt(session, symbol, time);
    if (told !== undefined) market.tellCandle(told.end, told.candle.close);
    const recorded = history.books.at(symbol, time, session);
    if (recorded === undefined) {
      this.#sayBookless(market, time);
      return;
    }
    const row = history.states.before(session, symbol, time);
    if (row !== undefined) this.#rows.set(market, row);
    if (recorded.gap !== undefined) this.#hide(market, recorded.gap);
    for (const hole of history.sessions.gaps(session, symbol)) {
      if (hole.from < time && time <= hole.to) this.#hide(market, hole);
    }
    this.#replace(market, recorded.book);
  }

  apply(event: ReplayEvent): void {
    this.#time = Math.max(this.#time, event.time + 1);
    if (event.kind === 'event') return;
    const market = must(this.#markets.get(event.symbol), `market ${event.symbol}`);
    if (this.#asleep.has(market)) return;
    switch (event.kind) {
      case 'trade':
        this.engine.addTrade(market, following(event.trade, market.tradeSequence));
        break;
      case 'candle':
        this.engine.tellCandle(market, event.told.end, event.told.candle.close);
        break;
      case 'delta':
        this.engine.applyDelta(market, event.delta);
        break;
      case 'snapshot':
        // A damaged period has no other end; a recorded hole has its own.
        this.#uncover(market, (hole) => hole.reason === DAMAGED || hole.to <= event.time);
        this.#replace(market, event.snapshot);
        break;
      case 'gap':
        this.#hide(market, event.gap);
        this.#judge(market);
        break;
      case 'gap-end':
        this.#uncover(market, (hole) => hole.from === event.gap.from && hole.to === event.gap.to);
        this.#judge(market);
        break;
      case 'state':
        this.#rows.set(market, event.state);
        market.crossedFrom(event.state);
        this.#judge(market);
        break;
    }
  }

  /** Why there is no book: the recording has none, or none before a later time (P28d). A damaged one is neither. */
  #sayBookless(market: SymbolMarket, time: EpochMs): void {
    const { history, session } = this.#options;
    const begins = history.books.beginOf(session, market.symbol);
    if (begins !== undefined && begins < time) return;
    const mayCome = begins !== undefined || history.sessions.isOpen(session);
    this.engine.setState(market, 'syncing', mayCome ? 'no-book-yet' : 'no-book');
  }

  #hide(market: SymbolMarket, gap: Gap): void {
    if (!hidesBook(gap)) return;
    const holes = this.#holes.get(market) ?? [];
    holes.push(gap);
    this.#holes.set(market, holes);
  }

  /** The holes for which `isOver` is true no longer hide the book. */
  #uncover(market: SymbolMarket, isOver: (hole: Gap) => boolean): void {
    const holes = this.#holes.get(market);
    if (holes === undefined) return;
    const left = holes.filter((hole) => !isOver(hole));
    if (left.length > 0) this.#holes.set(market, left);
    else this.#holes.delete(market);
  }

  /** Replaces the whole book. Its state is set first, so that it is never announced as `ok` when it is not. */
  #replace(market: SymbolMarket, book: BookSnapshot): void {
    const trouble = this.#troubleOf(market);
    if (trouble !== undefined) this.engine.declare(market, trouble);
    const row = this.#rows.get(market);
    if (row !== undefined) market.crossedFrom(row);
    this.engine.applySnapshot(market, book);
    this.#judge(market);
  }

  /** A market without a book is syncing, whatever was recorded. */
  #judge(market: SymbolMarket): void {
    if (!market.ready) return;
    const reason = this.#rows.get(market)?.reason ?? 'upstream-gap';
    const trouble = this.#troubleOf(market);
    if (trouble !== undefined) this.engine.declare(market, trouble);
    else this.engine.setState(market, 'ok', reason);
  }

  /** Of several holes, the earliest one counts. */
  #troubleOf(market: SymbolMarket): RecordedTrouble | undefined {
    const [first] = (this.#holes.get(market) ?? []).toSorted((a, b) => a.from - b.from);
    return recordedTrouble(this.#rows.get(market), first);
  }

  /** Trades of the minute of the newest one, which may be long past: its candles are the market's newest (P18a). */
  #newestMinute({ symbol, trades }: SymbolMarket, time: EpochMs): readonly Trade[] {
    const { history, session } = this.#options;
    if (trades.last === undefined) return [];
    const from = bucketStart(trades.last.eventTime, '1m');
    return history.trades.page({ symbol, session, from, to: time - 1, limit: 1_000_000 }).trades;
  }
}

/**
 * A trade numbered in the order of the replay, which is by time. Recorded numbers go back where a trade was late, and
 * where older feeds restarted them after a hole; a tape's never do, or clients would take such trades for known ones.
 */
function following(trade: Trade, sequence: number): Trade {
  return trade.sequence > sequence ? trade : { ...trade, sequence: sequence + 1 };
}
