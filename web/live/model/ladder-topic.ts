import {
  imbalance,
  groupedLevels,
  micropriceTicks,
  midTicks,
  spreadTicks,
} from '@tapedeck/market/book/ladder';
import type { OrderBook } from '@tapedeck/market/book/order-book';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { BookDepth, BookTier } from '@tapedeck/market/wire/channel';

import type { TopicDefinition } from './topic-definition.ts';
import type { LadderView } from './view-model.ts';

/** `groupTicks` 1 is ungrouped; `rows` per side. */
type LadderChoice = {
  readonly symbol: string;
  readonly groupTicks: number;
  readonly rows: number;
  readonly rateHz: number;
};

export const ladderTopic: TopicDefinition<LadderChoice, LadderView> = {
  channel: ladderChannel,
  periodMs: ({ rateHz }) => 1_000 / rateHz,
  view: (topic, { instrument, book }) => book && ladderView(topic, instrument, book),
  isMeasured: true,
};

/** Needed by the imbalance over 20 levels. */
const SMALLEST_DEPTH = 25;
/** A grouped row needs many levels. */
const GROUPED_DEPTH = 200;

/** The ladder of a book; spread, mid, microprice and imbalance are those of the ungrouped book. */
function ladderView(topic: LadderChoice, instrument: Instrument, book: OrderBook): LadderView {
  return {
    symbol: topic.symbol,
    instrument,
    groupTicks: topic.groupTicks,
    bids: groupedLevels(book.bids, topic.groupTicks, topic.rows),
    asks: groupedLevels(book.asks, topic.groupTicks, topic.rows),
    bestBid: book.bestBid,
    bestAsk: book.bestAsk,
    spreadTicks: spreadTicks(book),
    midTicks: midTicks(book),
    micropriceTicks: micropriceTicks(book),
    imbalance: {
      1: imbalance(book, 1),
      5: imbalance(book, 5),
      10: imbalance(book, 10),
      20: imbalance(book, 20),
    },
    crossed: book.crossed || book.locked,
    sequence: book.sequence,
    eventTime: book.eventTime,
  };
}

/** The channel for a ladder: deep enough for its rows, no faster than it is drawn. */
function ladderChannel({ symbol, groupTicks, rows, rateHz }: LadderChoice): string {
  const depth: BookDepth =
    groupTicks > 1 || rows > 50 ? GROUPED_DEPTH : rows > SMALLEST_DEPTH ? 50 : SMALLEST_DEPTH;
  return bookChannel(symbol, depth, tierOf(rateHz));
}

/** A symbol's book if only its state is wanted: the same channel as a usual ladder's. */
export function stateChannel(symbol: string): string {
  return bookChannel(symbol, SMALLEST_DEPTH, '100ms');
}

function bookChannel(symbol: string, depth: BookDepth, tier: BookTier): string {
  return `book:${symbol}:${depth}:${tier}`;
}

function tierOf(rateHz: number): BookTier {
  if (rateHz > 20) return 'raw';
  if (rateHz > 10) return '50ms';
  if (rateHz > 4) return '100ms';
  return rateHz > 1 ? '250ms' : '1s';
}
