import type { TextLevel } from '@tapedeck/market/book/text-level';
import type { EpochMs } from '@tapedeck/market/number/level';

/*
 * What the connector needs to know about a venue, as data and pure functions: no timers, sockets or dates. To add a
 * live venue, add a folder with one of these beside the others, and an entry in `live/live-venues.ts`.
 */
import type { DiffCheck } from './diff-check.ts';
import type { FrameFinding } from './dump-venue.ts';
import type { VenueCandle, VenueEvent, VenueId } from './venue-event.ts';

/** What a venue guarantees about its books and trades (V6). */
export type Capability = {
  /** Every order, every price level, or full books only. */
  readonly depth: 'l3' | 'l2' | 'l2-snapshots';
  /** What reveals a lost delta: the sequence of deltas, a checksum, or nothing. */
  readonly loss: 'chain' | 'checksum' | 'none';
  /** Whether trades have an aggressor side. */
  readonly sides: boolean;
  readonly clock: 'venue' | 'ours';
  /** Milliseconds between two deltas of a busy book. */
  readonly cadenceMs: number;
};

/** Comparisons of a book with something else that its venue states about it. */
export type AuditCounts = {
  readonly made: number;
  readonly matched: number;
  readonly mismatched: number;
};

/** At most `count` in any window of `perMs`. */
export type Rate = { readonly count: number; readonly perMs: number };

export type VenueLimits = {
  readonly connects: Rate;
  /** Frames that the feed sends, pongs included. */
  readonly messages: Rate;
  /** Weight of requests. */
  readonly weight: Rate;
  readonly symbolsPerSocket: number;
  /** How long nothing is sent after a 403 without `Retry-After`, if that is longer than usual. */
  readonly forbiddenMs?: number;
  /** Frames that subscribe and unsubscribe, per socket. */
  readonly subscribesPerSocket?: Rate;
  /** A socket is replaced at this age, before the venue ends it. */
  readonly socketLifeMs: number;
};

/** One stream of one market. `path` is the path of the socket that carries it. */
export type LiveStream = {
  readonly market: string;
  readonly kind: 'book' | 'trades' | 'quote';
  readonly path: string;
  readonly name: string;
};

/** An instrument as its venue states it. */
export type VenueInstrument = {
  readonly market: string;
  readonly base: string;
  readonly quote: string;
  readonly tickSize: string;
  /** The precision of sizes in frames, not of orders (V5a). */
  readonly lotSize: string;
  readonly status: 'open' | 'halted' | 'gone';
  /** The venue's own word for a status that is not open. */
  readonly says?: string | undefined;
};

/** Whether a book begins with a snapshot by request, rather than with one in the stream. */
export function isBridged({ snapshot, rule }: Pick<LiveVenue, 'snapshot' | 'rule'>): boolean {
  return snapshot !== undefined && rule.isWhole !== true;
}

/** A finding in a frame of a live socket. Acknowledgements prove nothing (V8), so they give no finding. */
export type LiveFinding =
  | FrameFinding
  /** The venue refuses a market or a stream; `detail` is its own text. */
  | { readonly kind: 'refused'; readonly market: string | undefined; readonly detail: string }
  /** This socket is about to end: another one should be open before that. */
  | { readonly kind: 'move'; readonly detail: string }
  /** A frame of this socket is missing: any book on it may lack a delta; or only trades are, if books do not need it. */
  | { readonly kind: 'hole'; readonly only?: 'trades'; readonly detail: string }
  /** The venue asks for an answer: `text`, on the same socket. */
  | { readonly kind: 'reply'; readonly text: string };

/** What the import of recordings reads too. */
export function isFrameFinding(finding: LiveFinding): finding is FrameFinding {
  return (
    finding.kind === 'event' || finding.kind === 'bad-line' || finding.kind === 'unknown-stream'
  );
}

/** A ping of the venue's own, for sockets on which the protocol's ping is not enough. Any frame answers it. */
type KeepAlive = {
  readonly text: string;
  /** How often it is sent on a busy socket; absent if the venue expects it on a silent one only. */
  readonly everyMs?: number;
};

/** The path of a request, and its weight in the venue's budget. */
export type VenueRequest = {
  readonly path: string;
  /** JSON, sent with POST; absent for GET. */
  readonly body?: string;
  readonly weight: number;
};

/** Missing trades: those with `from <= id <= to`; both are 0 if ids do not count, and all since `after` are wanted. */
export type TradeHole = {
  readonly market: string;
  readonly from: VenueId;
  readonly to: VenueId;
  /** Time of the trade before the hole. */
  readonly after: number;
  /** Time of the first trade after it, if known. */
  readonly before?: number | undefined;
  /** Whether the ids are those of aggregates. */
  readonly isAggregate: boolean;
};

/** Candles that a venue is asked for: those with `from <= openTime < to`. */
export type CandleSpan = {
  readonly market: string;
  readonly interval: '1m' | '1h';
  readonly from: EpochMs;
  readonly to: EpochMs;
};

/** How a book is kept: from snapshots and deltas, whose order `check` verifies. */
export type LiveBookRule = {
  readonly check: DiffCheck;
  /**
   * Every snapshot in the stream is the book's next state, not a new beginning. The only deltas are `isTop`. Numbers
   * of both are times, in one count.
   */
  readonly isWhole?: boolean;
  /**
   * Deltas have no sequence and no checksum, only a time: a snapshot continues what was buffered, and one socket
   * another, only if the newer one is not ahead of the older one.
   */
  readonly overlaps?: boolean;
  /** Levels per side that the venue maintains; a level that falls below them is no longer known. */
  readonly depth?: number;
  /** Over the top of the book, each number with all decimal places of the instrument. */
  readonly checksum?: {
    readonly depth: number;
    readonly of: (asks: readonly TextLevel[], bids: readonly TextLevel[]) => number;
    /** Over numbers without trailing zeros instead. */
    readonly isPlain?: boolean;
  };
};

/** What is sent and received on one socket. */
export interface LiveSocket {
  subscribe(streams: readonly LiveStream[], id: number): readonly string[];
  unsubscribe(streams: readonly LiveStream[], id: number): readonly string[];
  /** Reads one frame. Never throws. `receiveTime` is for venues whose frames have no time. */
  frame(text: string, receiveTime: EpochMs): readonly LiveFinding[];
}

export interface LiveVenue extends LiveSocket {
  /** Reads one frame by itself. Never throws. */
  frame(text: string): readonly LiveFinding[];
  readonly venue: string;
  readonly origins: { readonly socket: string; readonly http: string };
  readonly capability: Capability;
  readonly limits: VenueLimits;
  readonly rule: LiveBookRule;
  /** Sent instead of the protocol's ping. */
  readonly keepAlive?: KeepAlive;
  /** What a new socket sends before its subscriptions. */
  hello?(id: number): readonly string[];
  /** The stream of a market's book. */
  book(market: string): LiveStream;
  /**
   * The best bid and ask as a stream of its own, `ticker` events with the update id of the book: audits the book. The
   * connector subscribes a few markets at a time.
   */
  readonly quote?: (market: string) => LiveStream;
  /** The streams that carry a market's trades, best first: if one stays silent, the next is tried. */
  trades(market: string): readonly [LiveStream, ...LiveStream[]];
  /**
   * For a venue whose frames depend on earlier ones of their socket (a counter over all frames, channels with numbers):
   * called for each new socket, in place of the three methods of the venue itself.
   */
  socket?(): LiveSocket;
  /** A snapshot by request; absent if the stream begins with one, unless it is only for comparing (`auditMs`). */
  readonly snapshot?: {
    request(market: string, isCrowded: boolean): VenueRequest;
    read(text: string): VenueEvent | string;
    /** How often one is requested and compared with the book, for a venue where nothing shows a missing delta (V6). */
    readonly auditMs?: number;
  };
  readonly instruments: {
    /** For one market, if the venue can answer that; for all if it cannot, or if none is given. */
    request(market: string | undefined): VenueRequest;
    /** The requests that list all, if it takes several. */
    readonly lists?: readonly VenueRequest[];
    /** Text if the answer is not a list of instruments: what is wrong with it. */
    read(text: string): readonly VenueInstrument[] | string;
    /**
     * The venue ends a socket, with all its markets, for one id that it does not know: nothing is subscribed before the
     * list has it, or if the list says that it is gone.
     */
    readonly onlyListed?: boolean;
    /** What a 404 says if it means that the venue has no such instrument; undefined if it means something else. */
    unlisted?(text: string): string | undefined;
  };
  /**
   * Candles from before the first start (V14); absent if the venue has none. `requests` are the pages of a span, newest
   * first; the venue may have less than was asked for. `read` returns the rows of one answer, the forming one too;
   * text if it is no list of candles. The volume is in the unit of the market's trades. An unknown buy volume is `0`,
   * an unknown count of trades 0.
   */
  readonly candles?: {
    requests(span: CandleSpan): readonly VenueRequest[];
    read(
      text: string,
      interval: CandleSpan['interval'],
      market: string,
    ): readonly VenueCandle[] | string;
  };
  /** Missed trades, by request; `read` returns text if the answer is not a list of trades: what is wrong with it. */
  readonly missed: {
    /**
     * For a venue whose trade ids do not count: how often its recent trades are requested and compared, by `key`, with
     * those that arrived. `read` returns them oldest first.
     */
    readonly compareMs?: number;
    request(hole: TradeHole): VenueRequest;
    read(text: string, hole: TradeHole): readonly VenueEvent[] | string;
  };
}
