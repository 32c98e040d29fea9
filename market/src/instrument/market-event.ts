import type { Aggressor, EpochMs, Level } from '../number/level.ts';
import type { Instrument, MarketState, StateReason } from './instrument.ts';

/**
 * What a `MarketSource` says, in the order in which it happened. Sources do not number anything: the book engine
 * gives each symbol's updates and trades their sequences. Times: `eventTime` is the market's clock, `receiveTime`
 * when this process saw it; they may disagree in either direction (P2).
 */
export type MarketEvent =
  | InstrumentEvent
  | SourceSnapshot
  | SourceUpdate
  | SourceTrade
  | SourceState
  | HeadlineEvent
  | StatusEvent;

/** First of all for a symbol; again when its tick or lot size changes, which starts a new epoch (P13). */
export type InstrumentEvent = { readonly type: 'instrument'; readonly instrument: Instrument };

/** The whole book of the source; replaces whatever was there. */
export type SourceSnapshot = {
  readonly type: 'snapshot';
  readonly symbol: string;
  readonly eventTime: EpochMs;
  readonly receiveTime: EpochMs;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};

/** One atomic change of the source's book: absolute sizes, 0 removes; removing an unknown level is normal (P8). */
export type SourceUpdate = {
  readonly type: 'update';
  readonly symbol: string;
  readonly eventTime: EpochMs;
  readonly receiveTime: EpochMs;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
};

/** One public execution. */
export type SourceTrade = {
  readonly type: 'trade';
  readonly symbol: string;
  readonly eventTime: EpochMs;
  readonly receiveTime: EpochMs;
  readonly priceTicks: number;
  readonly sizeLots: number;
  readonly aggressor: Aggressor;
};

/** The source itself knows that its book is not to be trusted, or is right again. */
export type SourceState = {
  readonly type: 'state';
  readonly symbol: string;
  readonly eventTime: EpochMs;
  readonly state: MarketState;
  readonly reason: StateReason;
};

/** A headline. `eventId` ties it to the price jump that it came with, where there is one. */
export type HeadlineEvent = {
  readonly type: 'headline';
  readonly id: string;
  readonly time: EpochMs;
  readonly source: string;
  readonly symbols: readonly string[];
  readonly title: string;
  readonly eventId?: string | undefined;
};

/** News of the plant, not of the market: maintenance, halts, links, storage. */
export type StatusEvent = {
  readonly type: 'status';
  readonly time: EpochMs;
  readonly severity: 'info' | 'warning' | 'critical';
  /** A closed, kebab-case name: `halt`, `resume`, `maintenance`, `feed-start`, `storage`, `venue-link`. */
  readonly kind: string;
  readonly symbols: readonly string[];
  readonly message: string;
};

/** Takes events, in order, synchronously. It never throws for bad data: it counts it. */
export type MarketSink = (event: MarketEvent) => void;

/** A producer of events: simulator, recording, venue or push. */
export interface MarketSource {
  /** Starts to emit; the first events are `instrument`s. Called once. */
  start(sink: MarketSink): void;
  /** Stops; after it returns the sink is not called again. Idempotent. */
  close(): void;
}
