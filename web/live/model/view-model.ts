/*
 * What panels see: immutable view models, made in the worker at each panel's own rate. A panel never sees a socket, a
 * raw delta or a wire message. Prices are ticks and sizes are lots until the formatter.
 */
import type { GroupedLevel } from '@tapedeck/market/book/ladder';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { Transport } from '@tapedeck/market/link/transport/transport-state';
import type { Aggressor, EpochMs, Level } from '@tapedeck/market/number/level';
import type { Candle } from '@tapedeck/market/tape/candle';
import type { MonotonicMs } from '@tapedeck/market/time/clock';
import type { SyncBody } from '@tapedeck/market/wire/event';
import type { ReplaySpeed, ReplayStateMessage } from '@tapedeck/market/wire/replay';

/** The states of section 3 of the dashboard's design, the same words everywhere. */
export type DataState =
  | { readonly kind: 'loading'; readonly awaiting: string; readonly since: MonotonicMs }
  | { readonly kind: 'live'; readonly ageMs: number }
  | { readonly kind: 'delayed'; readonly ageMs: number }
  | { readonly kind: 'stale'; readonly ageMs: number }
  /** A heartbeat proved that nothing was missed: the market is silent, the link is not. */
  | { readonly kind: 'quiet'; readonly ageMs: number }
  | {
      readonly kind: 'resyncing';
      readonly from: number;
      readonly to: number;
      readonly ageMs: number;
    }
  | {
      readonly kind: 'disconnected';
      readonly ageMs: number;
      readonly retryAt: MonotonicMs | undefined;
    }
  | { readonly kind: 'halted'; readonly reason: string; readonly ageMs: number }
  | { readonly kind: 'empty'; readonly why: string }
  /** The recording has no book of this market; with `mayCome`, none at this moment yet. Not a fault. */
  | { readonly kind: 'no-book'; readonly mayCome: boolean }
  | { readonly kind: 'error'; readonly message: string }
  /** On the replay clock; nothing on the page is live. */
  | { readonly kind: 'replay'; readonly clock: EpochMs };

/** The ladder at one moment, best rows first. Spread, mid, microprice and imbalance come from the ungrouped book. */
export type LadderView = {
  readonly symbol: string;
  readonly instrument: Instrument;
  readonly groupTicks: number;
  readonly bids: readonly GroupedLevel[];
  readonly asks: readonly GroupedLevel[];
  readonly bestBid: Level | undefined;
  readonly bestAsk: Level | undefined;
  readonly spreadTicks: number | undefined;
  /** In ticks, possibly fractional. */
  readonly midTicks: number | undefined;
  readonly micropriceTicks: number | undefined;
  /** (bid size - ask size) / (sum) over the best 1, 5, 10 and 20 levels; undefined if a side is empty. */
  readonly imbalance: { readonly [levels in 1 | 5 | 10 | 20]: number | undefined };
  readonly crossed: boolean;
  readonly sequence: number;
  readonly eventTime: EpochMs;
};

export type TapeTrade = {
  readonly sequence: number;
  readonly eventTime: EpochMs;
  readonly priceTicks: number;
  readonly sizeLots: number;
  readonly aggressor: Aggressor;
};

/** Newest first, at most 500 rows. `notShown` counts trades that the feed or the view left out. */
export type TapeView = {
  readonly symbol: string;
  readonly instrument: Instrument;
  readonly rows: readonly TapeTrade[];
  readonly notShown: number;
  /** Trades from before the market changed its steps (P13c), in the old steps; newest first. */
  readonly before?: { readonly rows: readonly TapeTrade[]; readonly instrument: Instrument };
  /** Lots bought and sold by aggressors, over the rows kept. */
  readonly boughtLots: number;
  readonly soldLots: number;
};

export type TickerView = {
  readonly symbol: string;
  readonly instrument: Instrument;
  readonly last: number | undefined;
  readonly bid: number | undefined;
  readonly ask: number | undefined;
  readonly open24h: number | undefined;
  readonly volume24h: number;
  readonly eventTime: EpochMs;
  /** -1, 0 or 1: the direction of the last change of `last`. */
  readonly direction: number;
};

/** The forming candle or the one that just closed, for the chart's `update()`. */
export type CandleUpdate = Candle & {
  readonly state: 'forming' | 'closed';
  readonly sequence: number;
};

/** The contents of a store: the value, if one came, and its state. The value stays through bad states. */
export type View<T> = { readonly value: T | undefined; readonly state: DataState };

export type LampColour = 'green' | 'amber' | 'red' | 'grey' | 'violet';
export type Lamp = {
  readonly colour: LampColour;
  readonly text: string;
  readonly detail: string;
  /** If the data is current but the market unusual: `halted`, `2 crossed`. */
  readonly mark?: string;
};
/** Transport = the socket; data = its age (heartbeats do not refresh it); clock = the offset to the feed's. */
export type Lamps = { readonly transport: Lamp; readonly data: Lamp; readonly clock: Lamp };

/** Footer figures, at 1 Hz. */
export type LinkFigures = {
  readonly transport: Transport | 'none';
  /** The address in use: the feed's own, or this page's origin as its proxy. */
  readonly via: 'direct' | 'same-origin';
  /** Set with the reason while the link works only by a fallback (for instance through the page's own origin). */
  readonly degraded: string | undefined;
  readonly rttMs: number | undefined;
  /** Feed's send to received here, p50 and p95 of the last minute, corrected by the clock offset. */
  readonly latencyMs: { readonly p50: number; readonly p95: number } | undefined;
  /** Received to painted, p95 of the last minute. */
  readonly paintMs: number | undefined;
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly gaps: number;
  readonly checksumFailures: number;
  readonly resyncs: number;
  readonly reconnects: number;
  readonly clockOffsetMs: number | undefined;
  readonly build: string | undefined;
  /** The tier that the feed moved us to, if it is not the requested one. */
  readonly tier: string | undefined;
  /** Pages that share this link, this one included; undefined if each page has its own. */
  readonly sharedBy: number | undefined;
};

/** State of the replay that the deck has joined. */
export type ReplayView = Pick<
  ReplayStateMessage,
  'state' | 'clock' | 'speed' | 'from' | 'to' | 'connections'
>;

/** Commands of the transport bar; each resolves when the feed has answered, or rejects with its error. */
export type ReplayControls = {
  readonly play: () => Promise<void>;
  readonly pause: () => Promise<void>;
  readonly seek: (to: EpochMs) => Promise<void>;
  readonly speed: (value: ReplaySpeed) => Promise<void>;
  readonly step: (
    unit: 'event' | 'trade' | 'second' | 'minute' | 'news',
    count: number,
    /** Only events of this market count. */
    symbol: string,
  ) => Promise<void>;
};

/** State of the stream, for `/status`. `lost` counts events that could not be recovered. */
export type EventStreamView = {
  readonly state: 'open' | 'waiting' | 'polling';
  readonly resume?: SyncBody['resume'];
  readonly lost: number;
  /** The feed injects faults: nothing it shows may pass for healthy. */
  readonly chaos?: boolean;
};
