import type { History } from '@tapedeck/db/history';
import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import type { RecordedState } from '@tapedeck/market/instrument/recorded-state';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Trade } from '@tapedeck/market/tape/trade';

/** What a recording has, in order. A snapshot is a market's first, or starts a new chain. */
export type RecordedEvent = { readonly symbol: string; readonly time: EpochMs } & (
  | { readonly type: 'snapshot'; readonly snapshot: BookSnapshot }
  | { readonly type: 'delta'; readonly delta: BookDelta }
  | { readonly type: 'trade'; readonly trade: Trade }
  | { readonly type: 'state'; readonly state: RecordedState }
  /** What follows is unreadable, up to the next snapshot. */
  | { readonly type: 'damage' }
);

/** The book of one market, with the memory of one segment. */
export function* bookEvents(
  history: History,
  session: string,
  symbol: string,
): Generator<RecordedEvent> {
  let isKnown = false;
  for (const scanned of history.books.soundFrom(session, symbol, 0)) {
    if (scanned.damage !== undefined) {
      if (isKnown) yield { type: 'damage', symbol, time: scanned.startTime };
      isKnown = false;
      continue;
    }
    const { segment } = scanned;
    if (!isKnown || !segment.continues) {
      const { keyframe: snapshot } = segment;
      yield { type: 'snapshot', symbol, time: snapshot.eventTime, snapshot };
    }
    isKnown = true;
    for (const delta of segment.deltas)
      yield { type: 'delta', symbol, time: delta.eventTime, delta };
  }
}

/** The trades of one market, in recorded order. */
export function* tradeEvents(
  history: History,
  session: string,
  symbol: string,
): Generator<RecordedEvent> {
  for (const trade of history.trades.inSequence(session, symbol))
    yield { type: 'trade', symbol, time: trade.eventTime, trade };
}

/** The states of one market and their times (H6). */
export function* stateEvents(
  history: History,
  session: string,
  symbol: string,
): Generator<RecordedEvent> {
  for (const state of history.states.statesFrom(session, symbol, 0))
    yield { type: 'state', symbol, time: state.time, state };
}

/** Merges several streams by time; each keeps its own order. */
export function* mergeByTime(
  streams: readonly Generator<RecordedEvent>[],
): Generator<RecordedEvent> {
  const heads = streams.map((stream) => stream.next());
  for (;;) {
    let first = -1;
    let earliest = Infinity;
    for (const [i, head] of heads.entries()) {
      if (head.done === true || head.value.time >= earliest) continue;
      first = i;
      earliest = head.value.time;
    }
    const head = heads[first];
    const stream = streams[first];
    if (head === undefined || head.done === true || stream === undefined) return;
    yield head.value;
    heads[first] = stream.next();
  }
}
