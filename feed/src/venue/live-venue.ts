import type { TextLevel } from '@tapedeck/market/book/text-level';

/*
 * What the connector has to know of a venue, as data and pure functions: no timers, sockets or dates. A further live venue
 * is a folder beside the others with one of these, and an entry in `live/live-venues.ts`.
 */
import type { DiffCheck } from './diff-check.ts';
import type { FrameFinding } from './dump-venue.ts';
import type { VenueEvent, VenueId } from './venue-event.ts';

/** What a venue can promise of its books and trades (V6). */
export type Capability = {
  /** Every order, every price level, or whole books only. */
  readonly depth: 'l3' | 'l2' | 'l2-snapshots';
  /** How a lost change shows: by the numbers of changes, by a checksum, or not at all. */
  readonly loss: 'chain' | 'checksum' | 'none';
  /** Whether trades say who crossed the spread. */
  readonly sides: boolean;
  readonly clock: 'venue' | 'ours';
  /** Milliseconds between two changes of a busy book. */
  readonly cadenceMs: number;
};

/** At most so many within any window of this length. */
export type Rate = { readonly count: number; readonly perMs: number };

export type VenueLimits = {
  readonly connects: Rate;
  /** Frames that we send, pongs included. */
  readonly messages: Rate;
  /** Weight of requests. */
  readonly weight: Rate;
  readonly symbolsPerSocket: number;
  /** A socket is replaced after this, before the venue ends it. */
  readonly socketLifeMs: number;
};

/** One stream of one market. `path` is that of the socket that carries it. */
export type LiveStream = {
  readonly market: string;
  readonly kind: 'book' | 'trades';
  readonly path: string;
  readonly name: string;
};

/** An instrument as its venue states it. */
export type VenueInstrument = {
  readonly market: string;
  readonly base: string;
  readonly quote: string;
  readonly tickSize: string;
  /** What sizes in frames need, not what orders may have (V5a). */
  readonly lotSize: string;
  readonly status: 'open' | 'halted' | 'gone';
};

/** What a frame of a live socket says. Acknowledgements prove nothing (V8) and say nothing. */
export type LiveFinding =
  | FrameFinding
  /** The venue refuses a market or a stream, in its own words. */
  | { readonly kind: 'refused'; readonly market: string | undefined; readonly detail: string }
  /** This socket is about to end: another one should be open before. */
  | { readonly kind: 'move'; readonly detail: string };

/** Where an answer is, and what it costs of the venue's budget. */
export type VenueRequest = { readonly path: string; readonly weight: number };

/** Trades that are missing: those with `from <= id <= to`. */
export type TradeHole = {
  readonly market: string;
  readonly from: VenueId;
  readonly to: VenueId;
  /** Time of the trade before the hole. */
  readonly after: number;
  /** The ids are those of aggregates. */
  readonly isAggregate: boolean;
};

/** How a book is kept: by snapshots and changes whose order one pure function judges. */
export type LiveBookRule = {
  readonly check: DiffCheck;
  /** Levels a side that the venue keeps us told of; what falls out of them is no longer known. */
  readonly depth?: number;
  /** Over the top of the book, each number with all places that the instrument has. */
  readonly checksum?: {
    readonly depth: number;
    readonly of: (asks: readonly TextLevel[], bids: readonly TextLevel[]) => number;
  };
};

export interface LiveVenue {
  readonly venue: string;
  readonly origins: { readonly socket: string; readonly http: string };
  readonly capability: Capability;
  readonly limits: VenueLimits;
  readonly rule: LiveBookRule;
  /** The stream of a market's book. */
  book(market: string): LiveStream;
  /** The streams that carry a market's trades, best first: where one stays silent, the next is tried. */
  trades(market: string): readonly [LiveStream, ...LiveStream[]];
  subscribe(streams: readonly LiveStream[], id: number): readonly string[];
  unsubscribe(streams: readonly LiveStream[], id: number): readonly string[];
  /** Reads one frame. Never throws. */
  frame(text: string): readonly LiveFinding[];
  /** A snapshot by request; absent where the stream begins with one. */
  readonly snapshot?: {
    request(market: string, isCrowded: boolean): VenueRequest;
    read(text: string): VenueEvent | string;
  };
  readonly instruments: {
    /** Of one market, where the venue has such an answer; else, and without one, of all. */
    request(market: string | undefined): VenueRequest;
    /** Text where the answer is not a list of instruments: what is wrong with it. */
    read(text: string): readonly VenueInstrument[] | string;
  };
  /** Trades that were missed, by request; undefined where the venue has them no longer. */
  readonly missed: {
    request(hole: TradeHole): VenueRequest;
    read(text: string, hole: TradeHole): readonly VenueEvent[] | string;
  };
}
