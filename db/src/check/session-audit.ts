/*
 * `verify`: rebuilds a recorded market from its segments and compares it with everything else that is known of it:
 * CRC and hash of each segment, each keyframe against the book that the deltas before it lead to, the venue's own
 * best bid and ask, the candles against the trades, and the rows of where it stood against one another.
 */
import { OrderBook } from '@tapedeck/market/book/order-book';
import type { Gap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Candle } from '@tapedeck/market/tape/candle';

import { DAMAGED, type Segment } from '../book/book-store.ts';
import type { History } from '../history.ts';
import type { BookCheck } from '../session/audit-store.ts';
import { MarkReader } from '../session/recording-marks.ts';
import type { SessionMarket } from '../session/session-store.ts';
import { CandleRows } from '../tape/candle-rows.ts';
import type { StoredInterval } from '../tape/candle-store.ts';
import { DamagedStretches } from './damaged-stretches.ts';
import { auditStates } from './state-audit.ts';

/** The audit result of one market of a session. */
export type MarketAudit = {
  readonly symbol: string;
  /** Source messages by kind, as counted by the importer; for a recording, the counts of its content. */
  readonly messages: {
    readonly depth: number;
    readonly bookTicker: number;
    readonly trade: number;
    /** Candles provided by the source, if any. */
    readonly candle?: number;
  };
  /** Recorded gaps within the session, and breaks in the sequence that no recorded gap explains. */
  readonly gaps: number;
  /** Recorded gaps before its first event, from when a feed was killed or stopped. */
  readonly gapsBefore: number;
  /**
   * Books with the best bid above the best ask; the feed had them, so they are not a fault of the recording (P15).
   */
  readonly crossed: number;
  /** Time of the first of them. */
  readonly firstCrossedTime: EpochMs | undefined;
  /** The venue's checksums, checked during import; those of the segments if the venue sends none. */
  readonly checksums: { readonly ok: number; readonly failed: number };
  /** CRC, hash and keyframe of each segment. */
  readonly segmentChecks: { readonly ok: number; readonly failed: number };
  /** Rebuilt best bid and ask compared with the venue's at the same update id. */
  readonly bestBidAsk: { readonly equal: number; readonly compared: number };
  readonly candles: { readonly equal: number; readonly compared: number };
  /** State rows (H6): known values, in order of time, none after the market's last event. */
  readonly states: { readonly ok: number; readonly failed: number };
  readonly deltas: number;
  readonly segments: number;
  readonly trades: number;
  readonly firstEventTime: EpochMs;
  readonly lastEventTime: EpochMs;
  /** Periods whose segments are unreadable or missing, whether or not a gap is recorded for them. */
  readonly damaged: readonly Gap[];
  /** Descriptions of the first few failed checks. */
  readonly problems: readonly string[];
};

/**
 * A venue sends its book and its ticker on separate paths, which occasionally disagree for one update. More than one
 * in a thousand is an error.
 */
const BEST_TOLERANCE = 1 / 1_000;
const KEPT_PROBLEMS = 10;

/**
 * True if all checks passed: no missing or damaged segments, candles equal to the trades, states in order. A crossed
 * book is counted, but is not a failure: it is what the feed had, and venues cross in auctions.
 */
export function holds(audit: MarketAudit): boolean {
  const { equal, compared } = audit.bestBidAsk;
  return (
    audit.gaps === 0 &&
    audit.checksums.failed === 0 &&
    audit.segmentChecks.failed === 0 &&
    audit.states.failed === 0 &&
    audit.candles.equal === audit.candles.compared &&
    compared - equal <= compared * BEST_TOLERANCE
  );
}

/** A `restart` gap precedes the session, even if a late trade has moved the session's start before it. */
function isBefore(gap: Gap, firstTime: EpochMs): boolean {
  return gap.reason === 'restart' || gap.to <= firstTime;
}

/** Audits every market of a session; empty if there is no such session. */
export function auditSession(history: History, session: string): readonly MarketAudit[] {
  const symbols = history.sessions.get(session)?.symbols ?? [];
  return symbols.map((symbol) => new MarketAuditor(history, session, symbol).run());
}

class MarketAuditor {
  readonly #history: History;
  readonly #session: string;
  readonly #symbol: string;
  readonly #book = new OrderBook();
  readonly #problems: string[] = [];
  readonly #damaged: DamagedStretches;
  readonly #checks: Iterator<BookCheck>;
  #check: BookCheck | undefined;
  #crossed = 0;
  #firstCrossedTime: EpochMs | undefined;
  #sound = 0;
  #failed = 0;
  #unexplained = 0;
  #equal = 0;
  #compared = 0;
  #deltas = 0;
  #segments = 0;

  constructor(history: History, session: string, symbol: string) {
    this.#history = history;
    this.#session = session;
    this.#symbol = symbol;
    this.#damaged = new DamagedStretches(symbol, history.sessions.endOf(session) + 1);
    this.#checks = history.audits.checks(session, symbol);
    this.#check = this.#checks.next().value as BookCheck | undefined;
  }

  run(): MarketAudit {
    const { sessions } = this.#history;
    const market = sessions.market(this.#session, this.#symbol);
    const all = sessions.gaps(this.#session, this.#symbol);
    const gaps = all.filter((gap) => !isBefore(gap, market?.firstTime ?? 0));
    for (const scanned of this.#history.books.scan(this.#session, this.#symbol)) {
      if (scanned.damage === undefined || scanned.isMissing !== true) this.#segments++;
      if (scanned.damage === undefined) this.#segment(scanned.segment, gaps.length > 0);
      else this.#fail(scanned.damage);
      this.#damaged.add(scanned);
    }
    const isNoted = ({ from }: Gap): boolean =>
      gaps.some((gap) => gap.reason === DAMAGED && gap.from === from);
    this.#unexplained += this.#damaged.holes.filter((hole) => !isNoted(hole)).length;
    if (market !== undefined && this.#failed === 0) this.#auditCount(market);
    const { equal, compared, trades } = this.#auditCandles();
    const counted = sessions.messages(this.#session, this.#symbol);
    return {
      symbol: this.#symbol,
      messages: {
        depth: counted['depth'] ?? this.#deltas,
        bookTicker: counted['bookTicker'] ?? 0,
        trade: counted['trade'] ?? trades,
        ...(counted['candle'] !== undefined && { candle: counted['candle'] }),
      },
      gaps: gaps.length + this.#unexplained,
      gapsBefore: all.length - gaps.length,
      crossed: this.#crossed,
      firstCrossedTime: this.#firstCrossedTime,
      checksums: this.#checksumsOf(counted),
      segmentChecks: { ok: this.#sound, failed: this.#failed },
      bestBidAsk: { equal: this.#equal, compared: this.#compared },
      candles: { equal, compared },
      states: this.#auditStates(market),
      deltas: this.#deltas,
      segments: this.#segments,
      trades,
      firstEventTime: market?.firstTime ?? 0,
      lastEventTime: market?.lastTime ?? 0,
      damaged: this.#damaged.holes,
      problems: this.#problems,
    };
  }

  #checksumsOf(counted: Readonly<Record<string, number>>): MarketAudit['checksums'] {
    const { checksumOk, checksumFailed } = counted;
    if (checksumOk === undefined && checksumFailed === undefined)
      return { ok: this.#sound, failed: this.#failed };
    return { ok: checksumOk ?? 0, failed: checksumFailed ?? 0 };
  }

  #segment(segment: Segment, holesRecorded: boolean): void {
    const { keyframe, deltas } = segment;
    const first = this.#segments === 1 || this.#damaged.open;
    if (segment.continues && !first && !this.#stateIs(segment)) {
      this.#fail(
        `keyframe ${keyframe.sequence} does not match the book after the deltas before it`,
      );
    } else this.#sound++;
    if (!segment.continues && !first && !holesRecorded) {
      this.#unexplained++;
      this.#note(`the chain breaks before ${keyframe.sequence} without a recorded gap`);
    }
    this.#book.applySnapshot(keyframe);
    this.#auditState();
    for (const delta of deltas) {
      if (delta.previous !== this.#book.sequence) {
        this.#unexplained++;
        this.#note(`delta ${delta.sequence} does not follow ${this.#book.sequence}`);
      }
      this.#book.applyDelta(delta);
      this.#deltas++;
      this.#auditState();
    }
  }

  /** Only the count of deltas shows that segments at the end are missing. */
  #auditCount({ key, lastTime }: SessionMarket): void {
    const { connection, sessions } = this.#history;
    if (sessions.isOpen(this.#session)) return;
    const counted = connection
      .prepare<[number], number>('select deltas from session_symbol where id = ?')
      .pluck()
      .get(key);
    const lost = (counted ?? 0) - this.#deltas;
    if (lost <= 0) return;
    this.#unexplained++;
    this.#note(`${lost} recorded changes are missing before ${lastTime}`);
  }

  #auditState(): void {
    const book = this.#book;
    if (book.crossed) {
      this.#crossed++;
      this.#firstCrossedTime ??= book.eventTime;
    }
    let check = this.#check;
    while (check !== undefined && check.sequence < book.sequence) {
      check = this.#checks.next().value as BookCheck | undefined;
    }
    this.#check = check;
    if (check?.sequence !== book.sequence) return;
    this.#check = this.#checks.next().value as BookCheck | undefined;
    this.#compared++;
    const { bids, asks } = book;
    const same =
      bids.priceAt(0) === check.bidTicks &&
      bids.sizeAt(0) === check.bidLots &&
      asks.priceAt(0) === check.askTicks &&
      asks.sizeAt(0) === check.askLots;
    if (same) this.#equal++;
    else
      this.#note(
        `best at sequence ${book.sequence}: ${bids.priceAt(0)}x${bids.sizeAt(0)} / ${asks.priceAt(0)}x${asks.sizeAt(0)}, the venue said ${check.bidTicks}x${check.bidLots} / ${check.askTicks}x${check.askLots}`,
      );
  }

  #stateIs(segment: Segment): boolean {
    const { keyframe } = segment;
    const { bids, asks } = this.#book.snapshot();
    return (
      this.#book.sequence === keyframe.sequence &&
      JSON.stringify([bids, asks]) === JSON.stringify([keyframe.bids, keyframe.asks])
    );
  }

  #auditCandles(): { equal: number; compared: number; trades: number } {
    const seconds = new CandleRows('1s', (openTime) => made.get(openTime));
    const minutes = new CandleRows('1m', (openTime) => madeMinutes.get(openTime));
    const made = new Map<EpochMs, Candle>();
    const madeMinutes = new Map<EpochMs, Candle>();
    const settle = (rows: CandleRows, into: Map<EpochMs, Candle>): void => {
      for (const candle of rows.changed()) into.set(candle.openTime, candle);
      rows.markWritten();
    };
    let trades = 0;
    const settleAll = (): void => {
      settle(seconds, made);
      settle(minutes, madeMinutes);
    };
    for (const trade of this.#history.trades.inSequence(this.#session, this.#symbol)) {
      seconds.add(trade);
      minutes.add(trade);
      if (++trades % 1_000 === 0) settleAll();
    }
    settleAll();
    const second = this.#compareCandles('1s', made);
    const minute = this.#compareCandles('1m', madeMinutes);
    return {
      equal: second.equal + minute.equal,
      compared: second.compared + minute.compared,
      trades,
    };
  }

  #compareCandles(
    interval: StoredInterval,
    made: ReadonlyMap<EpochMs, Candle>,
  ): { equal: number; compared: number } {
    let equal = 0;
    let compared = 0;
    const seen = new Set<EpochMs>();
    const stored = this.#history.candles.stored(this.#session, this.#symbol, interval);
    // Candles outlive the trades from which they were built (H4).
    const { sessions, connection } = this.#history;
    const { key = -1 } = sessions.market(this.#session, this.#symbol) ?? {};
    const retainedFrom = new MarkReader(connection).of(key)?.retainedFrom ?? 0;
    for (const { candle, backfilled } of stored) {
      seen.add(candle.openTime);
      // Candles that the source provided for the time before the recording cannot be checked against trades.
      if (backfilled || candle.openTime < retainedFrom) continue;
      compared++;
      if (JSON.stringify(made.get(candle.openTime)) === JSON.stringify(candle)) equal++;
      else this.#note(`${interval} candle ${candle.openTime} does not match its trades`);
    }
    for (const openTime of made.keys()) {
      if (seen.has(openTime)) continue;
      compared++;
      this.#note(`${interval} candle ${openTime} is missing`);
    }
    return { equal, compared };
  }

  #auditStates(market: SessionMarket | undefined): MarketAudit['states'] {
    if (market === undefined) return { ok: 0, failed: 0 };
    const { key, lastTime } = market;
    const isOpen = this.#history.sessions.isOpen(this.#session);
    const range = { key, lastTime: isOpen ? undefined : lastTime };
    let failed = 0;
    const ok = auditStates(this.#history.connection, range, (problem) => {
      failed++;
      this.#note(problem);
    });
    return { ok, failed };
  }

  #fail(problem: string): void {
    this.#failed++;
    this.#note(problem);
  }

  #note(problem: string): void {
    if (this.#problems.length < KEPT_PROBLEMS) this.#problems.push(problem);
  }
}
