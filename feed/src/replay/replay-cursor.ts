/*
 * A recorded session as one stream of events in order of market time: a k-way merge over the symbols' books, tapes
 * and holes, and the session's headlines and status events. At equal times: trades, then books (a trade comes before
 * the change it caused), then holes, then news. Two segments per market and one page of trades are read ahead.
 */
import { DAMAGED, type ScannedSegment } from '@tapedeck/db/book/book-store';
import type { History } from '@tapedeck/db/history';
import type { ToldCandle } from '@tapedeck/db/tape/candle-store';
import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import type { RecordedState } from '@tapedeck/market/instrument/recorded-state';
import type { Gap } from '@tapedeck/market/instrument/session';
import { must } from '@tapedeck/market/number/assert';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Trade } from '@tapedeck/market/tape/trade';
import type { LoggedEvent } from '@tapedeck/market/wire/event';

export type ReplayEvent =
  | {
      readonly kind: 'trade';
      readonly symbol: string;
      readonly time: EpochMs;
      readonly trade: Trade;
    }
  | {
      readonly kind: 'delta';
      readonly symbol: string;
      readonly time: EpochMs;
      readonly delta: BookDelta;
    }
  | {
      readonly kind: 'snapshot';
      readonly symbol: string;
      readonly time: EpochMs;
      readonly snapshot: BookSnapshot;
    }
  /** The book is unknown from here on, until it changes, is replaced, or the hole ends. */
  | { readonly kind: 'gap'; readonly symbol: string; readonly time: EpochMs; readonly gap: Gap }
  | { readonly kind: 'gap-end'; readonly symbol: string; readonly time: EpochMs; readonly gap: Gap }
  /** The market's state changes here (H6). */
  | {
      readonly kind: 'state';
      readonly symbol: string;
      readonly time: EpochMs;
      readonly state: RecordedState;
    }
  /** A candle from the source closes, in a market without trades. */
  | {
      readonly kind: 'candle';
      readonly symbol: string;
      readonly time: EpochMs;
      readonly told: ToldCandle;
    }
  | {
      readonly kind: 'event';
      readonly symbol: string;
      readonly time: EpochMs;
      readonly event: LoggedEvent;
    };

/** What of a session is read: everything, or what one kind of step needs. */
export type ReplayScope = 'all' | 'trades' | 'news';

/** Segments of each market that are read before they are needed. */
const AHEAD = 2;

type Lane = { readonly events: Iterator<ReplayEvent>; head: ReplayEvent | undefined };

export class ReplayCursor {
  readonly #lanes: readonly Lane[];
  readonly #segments: readonly ReadAhead<ScannedSegment>[];

  /** Positioned before the first event with `time >= from`. */
  constructor(
    history: History,
    session: string,
    symbols: readonly string[],
    from: EpochMs,
    scope: ReplayScope = 'all',
  ) {
    const gaps = history.sessions.gaps(session);
    const traded = scope === 'news' ? [] : symbols;
    const booked = scope === 'all' ? symbols : [];
    this.#segments = booked.map(
      (symbol) => new ReadAhead(history.books.soundFrom(session, symbol, from)),
    );
    const iterators = [
      ...traded.map((symbol) => trades(history, session, symbol, from)),
      ...booked.map((symbol, i) => books(must(this.#segments[i], 'segments'), symbol, from)),
      ...booked.map((symbol) => holes(gaps, symbol, from)),
      ...booked.map((symbol) => states(history, session, symbol, from)),
      ...booked.map((symbol) => candles(history, session, symbol, from)),
      ...(scope === 'trades' ? [] : [news(history, session, from)]),
    ];
    this.#lanes = iterators.map((events) => ({ events, head: headOf(events) }));
  }

  /** Reads one segment that will be needed soon; false if nothing is left to read ahead. */
  readAhead(): boolean {
    return this.#segments.some((segments) => segments.fill());
  }

  /** The next event, without taking it; undefined at the end. */
  peek(): ReplayEvent | undefined {
    return this.#earliest()?.head;
  }

  /** Takes the next event if its time is before `time`. */
  takeBefore(time: EpochMs): ReplayEvent | undefined {
    const lane = this.#earliest();
    const event = lane?.head;
    if (lane === undefined || event === undefined || event.time >= time) return undefined;
    lane.head = headOf(lane.events);
    return event;
  }

  #earliest(): Lane | undefined {
    let earliest: Lane | undefined;
    for (const lane of this.#lanes) {
      if (lane.head === undefined) continue;
      if (earliest?.head === undefined || lane.head.time < earliest.head.time) earliest = lane;
    }
    return earliest;
  }
}

/** An iterator of which up to `AHEAD` items are taken early. */
class ReadAhead<T> implements Iterable<T> {
  readonly #source: Iterator<T>;
  readonly #ready: T[] = [];
  #ended = false;

  constructor(source: Iterator<T>) {
    this.#source = source;
  }

  /** Takes one more early; false if enough are taken. */
  fill(): boolean {
    if (this.#ended || this.#ready.length >= AHEAD) return false;
    const next = this.#source.next();
    if (next.done === true) this.#ended = true;
    else this.#ready.push(next.value);
    return !this.#ended;
  }

  *[Symbol.iterator](): Generator<T> {
    for (;;) {
      const ready = this.#ready.shift();
      if (ready !== undefined) {
        yield ready;
        continue;
      }
      const next = this.#ended ? undefined : this.#source.next();
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  }
}

function headOf(events: Iterator<ReplayEvent>): ReplayEvent | undefined {
  const next = events.next();
  return next.done === true ? undefined : next.value;
}

function* trades(
  history: History,
  session: string,
  symbol: string,
  from: EpochMs,
): Generator<ReplayEvent> {
  for (const trade of history.trades.tradesFrom(session, symbol, from))
    yield { kind: 'trade', symbol, time: trade.eventTime, trade };
}

function* books(
  segments: Iterable<ScannedSegment>,
  symbol: string,
  from: EpochMs,
): Generator<ReplayEvent> {
  // A source's times may go back slightly; a book's order is its sequence, so here time never goes back.
  let time = 0;
  /** Sequence of the book after reading in order so far; undefined if there is none. */
  let reached: number | undefined;
  for (const scanned of segments) {
    if (scanned.damage !== undefined) {
      const { startTime, endTime } = scanned;
      time = Math.max(time, startTime);
      reached = undefined;
      const gap = { symbol, from: startTime, to: endTime, reason: DAMAGED };
      // Events before `from` are part of the state after the seek.
      if (startTime >= from) yield { kind: 'gap', symbol, time, gap };
      continue;
    }
    const { segment } = scanned;
    const { startTime, startSequence } = segment;
    if (startTime >= from && !(segment.continues && reached === startSequence)) {
      time = Math.max(time, startTime);
      yield { kind: 'snapshot', symbol, time, snapshot: segment.keyframe };
    }
    reached = startSequence;
    for (const delta of segment.deltas) {
      reached = delta.sequence;
      if (delta.eventTime < from) continue;
      time = Math.max(time, delta.eventTime);
      yield { kind: 'delta', symbol, time, delta };
    }
  }
}

function* holes(gaps: readonly Gap[], symbol: string, from: EpochMs): Generator<ReplayEvent> {
  const events: ReplayEvent[] = [];
  for (const gap of gaps) {
    if (gap.symbol !== symbol) continue;
    events.push({ kind: 'gap', symbol, time: gap.from, gap });
    events.push({ kind: 'gap-end', symbol, time: gap.to, gap });
  }
  yield* events.filter(({ time }) => time >= from).toSorted((a, b) => a.time - b.time);
}

function* states(
  history: History,
  session: string,
  symbol: string,
  from: EpochMs,
): Generator<ReplayEvent> {
  for (const state of history.states.statesFrom(session, symbol, from))
    yield { kind: 'state', symbol, time: state.time, state };
}

function* candles(
  history: History,
  session: string,
  symbol: string,
  from: EpochMs,
): Generator<ReplayEvent> {
  // At clock t everything with `time < t` has happened (P28a): a candle closes at its end, not after it.
  for (const told of history.candles.toldFrom(session, symbol, from))
    yield { kind: 'candle', symbol, time: told.end - 1, told };
}

function* news(history: History, session: string, from: EpochMs): Generator<ReplayEvent> {
  for (const event of history.events.eventsFrom(session, from))
    yield { kind: 'event', symbol: '', time: event.body.time, event };
}
