/*
 * Between the books and those who serve them. Books publish what happened, numbered; gateways keep their own copy of each
 * market and serve from that, so nothing but plain data crosses and the two sides may live in different processes:
 *
 *   engine -> MarketPublisher -> Bus -> MarketReplica -> engine -> hub -> connections
 *                            <- wanted -
 *
 * A bus delivers in the order of `publish`. Doing so twice does no harm; where something is missing the replica says so to
 * its clients (P9's gap, P16) and asks for the whole book.
 */
import type { BookDelta, BookSnapshot } from '@tapedeck/market/book-delta';
import type { Cancel } from '@tapedeck/market/clock';
import type { Instrument, MarketState, StateReason } from '@tapedeck/market/instrument';
import type { Trade } from '@tapedeck/market/trade';

/** What a market says. Each message names the life of its stream (P13), so that none is taken for another's. */
export type MarketMessage = {
  readonly symbol: string;
  readonly epoch: string;
} & (
  | { readonly type: 'instrument'; readonly instrument: Instrument }
  | { readonly type: 'delta'; readonly delta: BookDelta }
  | { readonly type: 'trade'; readonly trade: Trade }
  | {
      readonly type: 'snapshot';
      readonly snapshot: BookSnapshot;
      readonly instrument: Instrument;
      readonly state: MarketState;
      readonly reason: StateReason;
    }
  | { readonly type: 'state'; readonly state: MarketState; readonly reason: StateReason }
  | { readonly type: 'heard' }
  | { readonly type: 'ended' }
  | { readonly type: 'reset'; readonly instrument: Instrument; readonly reason: StateReason }
);

/** Somebody lacks the book of this symbol. */
export type WantedMessage = { readonly type: 'wanted'; readonly symbol: string };

/** Plain data: it survives a structured clone. */
export type BusMessage = MarketMessage | WantedMessage;

export interface Bus {
  publish(message: BusMessage): void;
  /** Hears every message that is published from now on, in order. A listener must not throw. */
  subscribe(take: (message: BusMessage) => void): Cancel;
}
