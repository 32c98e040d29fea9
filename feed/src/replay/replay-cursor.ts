/*
 * A recorded session as one stream of events in the order of their market times: a k-way merge over the symbols' books,
 * tapes and holes, and the session's headlines and status events. At equal times: trades, then books (a trade comes
 * before the change that it caused), then holes, then news. Nothing is read ahead further than one segment or page.
 */
import type { History } from '@tapedeck/db/history';
import type { BookDelta, BookSnapshot } from '@tapedeck/market/book-delta';
import type { EpochMs } from '@tapedeck/market/level';
import type { Gap } from '@tapedeck/market/session';
import type { Trade } from '@tapedeck/market/trade';
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
  | { readonly kind: 'gap'; readonly symbol: string; readonly time: EpochMs; readonly gap: Gap }
  | {
      readonly kind: 'event';
      readonly symbol: string;
      readonly time: EpochMs;
      readonly event: LoggedEvent;
    };

type Lane = { readonly events: Iterator<ReplayEvent>; head: ReplayEvent | undefined };

export class ReplayCursor {
  readonly #lanes: readonly Lane[];

  /** Stands before the first event with `time >= from`. */
  constructor(history: History, session: string, symbols: readonly string[], from: EpochMs) {
    const gaps = history.sessions.gaps(session);
    const iterators = [
      ...symbols.map((symbol) => trades(history, session, symbol, from)),
      ...symbols.map((symbol) => books(history, session, symbol, from)),
      ...symbols.map((symbol) => holes(gaps, symbol, from)),
      news(history, session, from),
    ];
    this.#lanes = iterators.map((events) => ({ events, head: headOf(events) }));
  }

  /** The next event, not taken yet; undefined at the end. */
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
  history: History,
  session: string,
  symbol: string,
  from: EpochMs,
): Generator<ReplayEvent> {
  // A source's times may run back by a little; the order of a book is that of its sequence, so time only ever waits.
  let time = 0;
  for (const segment of history.books.segmentsFrom(session, symbol, from)) {
    const { keyframe } = segment;
    if (!segment.continues && keyframe.eventTime >= from) {
      time = Math.max(time, keyframe.eventTime);
      yield { kind: 'snapshot', symbol, time, snapshot: keyframe };
    }
    for (const delta of segment.deltas) {
      if (delta.eventTime < from) continue;
      time = Math.max(time, delta.eventTime);
      yield { kind: 'delta', symbol, time, delta };
    }
  }
}

function* holes(gaps: readonly Gap[], symbol: string, from: EpochMs): Generator<ReplayEvent> {
  for (const gap of gaps) {
    if (gap.symbol === symbol && gap.from >= from)
      yield { kind: 'gap', symbol, time: gap.from, gap };
  }
}

function* news(history: History, session: string, from: EpochMs): Generator<ReplayEvent> {
  for (const event of history.events.eventsFrom(session, from))
    yield { kind: 'event', symbol: '', time: event.body.time, event };
}
