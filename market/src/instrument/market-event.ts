import type { Aggressor, EpochMs, Level } from '../number/level.ts';
import type { Instrument, MarketState, StateReason } from './instrument.ts';

/**
 * An event of a `MarketSource`; sources emit events in order. Sources assign no sequences: the book engine numbers
 * each symbol's updates and trades. `eventTime` is by the market's clock, `receiveTime` is when this process received
 * the event; either may be the later one (P2).
 */
export type MarketEvent =
  | InstrumentEvent
  | SourceSnapshot
  | SourceUpdate
  | SourceTrade
  | SourceState
  | HeadlineEvent
  | StatusEvent;

/** A symbol's first event; sent again when its tick or lot size changes, which starts a new epoch (P13). */
type InstrumentEvent = { readonly type: 'instrument'; readonly instrument: Instrument };

/** The source's whole book; replaces the previous book. */
export type SourceSnapshot = {
  readonly type: 'snapshot';
  readonly symbol: string;
  readonly eventTime: EpochMs;
  readonly receiveTime: EpochMs;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};

/** One atomic change to the source's book: absolute sizes, 0 removes; removing an unknown level is fine (P8). */
type SourceUpdate = {
  readonly type: 'update';
  readonly symbol: string;
  readonly eventTime: EpochMs;
  readonly receiveTime: EpochMs;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};

/** One public trade. */
export type SourceTrade = {
  readonly type: 'trade';
  readonly symbol: string;
  readonly eventTime: EpochMs;
  readonly receiveTime: EpochMs;
  readonly priceTicks: number;
  readonly sizeLots: number;
  readonly aggressor: Aggressor;
};

/** The source reports that its book is untrusted, or correct again. */
type SourceState = {
  readonly type: 'state';
  readonly symbol: string;
  readonly eventTime: EpochMs;
  readonly state: MarketState;
  readonly reason: StateReason;
};

/** A headline. `eventId` names the price jump that it caused, if any; `link` is where the story is, http or https. */
export type HeadlineEvent = {
  readonly type: 'headline';
  readonly id: string;
  readonly time: EpochMs;
  readonly source: string;
  readonly symbols: readonly string[];
  readonly title: string;
  readonly eventId?: string | undefined;
  readonly link?: string | undefined;
};

/** Operational news, not market news: maintenance, halts, links, storage. */
export type StatusEvent = {
  readonly type: 'status';
  readonly time: EpochMs;
  readonly severity: 'info' | 'warning' | 'critical';
  /** A closed, kebab-case name: `halt`, `resume`, `maintenance`, `feed-start`, `storage`, `venue-link`. */
  readonly kind: string;
  readonly symbols: readonly string[];
  readonly message: string;
};

/** Consumes events in order, synchronously. It counts bad data and does not throw. */
export type MarketSink = (event: MarketEvent) => void;

/** A source of events: simulator, recording, venue or push. */
export interface MarketSource {
  /** Starts emitting; the first events are `instrument` events. Called once. */
  start(sink: MarketSink): void;
  /** Stops; the sink is not called after this returns. Idempotent. */
  close(): void;
}
