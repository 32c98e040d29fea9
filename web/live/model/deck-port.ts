/*
 * The messages between a page and the worker of its deck. The worker owns the socket, the books and the rates; the
 * page owns the clock that decides how old a value is. The port is their whole contract: one worker serves the pages
 * of all tabs, where the browser has shared workers.
 *
 * Every time in a message to the page is on the page's monotonic clock (`port-times.ts`).
 */
import type { Transport } from '@tapedeck/market/link/transport/transport-state';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { MonotonicMs } from '@tapedeck/market/time/clock';
import type { LoggedEvent, SyncBody } from '@tapedeck/market/wire/event';
import type { ReplayCommand } from '@tapedeck/market/wire/replay';

import type { Topic, TopicValue } from './topics.ts';
import type { CandleUpdate, EventStreamView, LinkFigures, ReplayView } from './view-model.ts';

/** The identity of a topic: equal keys, equal topics, in whatever order their fields are written. */
export function topicKey({ kind, symbol, ...choice }: Topic): string {
  const chosen = Object.entries(choice).map(([name, value]) => `${name}=${value}`);
  return [kind, symbol, ...chosen.toSorted()].join(':');
}

/** Name of the workers. */
export const WORKER = 'tapedeck';
/** Name of workers that speak only JSON, so that people can read along (`?wire=json`). */
export const JSON_WORKER = 'tapedeck-json';
/** How often a page shows that it lives, by its own timers; those of hidden pages may be slowed to one a minute. */
export const SIGN_MS = 30_000;

/** How long the feed's own address may take before the page's own is tried as well. */
export const DIRECT_PATIENCE_MS = 1_500;
/** How long the page's own address is preferred before the feed's is tried first again. */
export const SAME_ORIGIN_PREFERENCE_MS = 60_000;

/** The addresses a worker may dial, as HTTP origins; `direct` is tried first unless the other is known to work. */
export type FeedAddresses = {
  readonly direct: string | undefined;
  readonly sameOrigin: string;
};

export type ToDeckWorker =
  | {
      readonly type: 'start';
      readonly addresses: FeedAddresses;
      readonly preferSameOrigin: boolean;
      readonly token: string | undefined;
      readonly replayId: string | undefined;
    }
  | { readonly type: 'watch'; readonly key: string; readonly topic: Topic }
  | { readonly type: 'unwatch'; readonly key: string }
  /** Hidden: books are kept, no views are made. Visible again: every view once, immediately. */
  | { readonly type: 'visible'; readonly visible: boolean }
  | { readonly type: 'retry-now' }
  | { readonly type: 'stop' }
  /** A sign of life. */
  | { readonly type: 'here' }
  /** The page holds this Web Lock as long as it lives. */
  | { readonly type: 'lock'; readonly name: string }
  /** `request` comes back in `replay-result`. */
  | { readonly type: 'replay'; readonly request: number; readonly command: ReplayCommand };

/** A message with the page's monotonic time of sending, by which the worker knows the page's clock. */
export type FromPage = ToDeckWorker & { readonly now: MonotonicMs };

/**
 * The facts about a topic's data. The page derives a `DataState` from them with its own clock, so that data ages even
 * if the worker is silent.
 */
export type TopicHealth = {
  readonly phase: 'awaiting' | 'ok' | 'resyncing' | 'halted' | 'stale' | 'no-book' | 'error';
  /** When this phase began. */
  readonly since: MonotonicMs;
  /** What is awaited, or the reason for the phase. */
  readonly detail: string;
  /** The gap in the sequence while `resyncing`. */
  readonly from: number;
  readonly to: number;
  /** Of the newest data: the market's time, and its arrival here. */
  readonly eventTime: EpochMs | undefined;
  readonly arrivedAt: MonotonicMs | undefined;
  /** When the market entered the state that the feed reported; in a replay a moment of the recording. */
  readonly statedSince: EpochMs | undefined;
  /** When it was last proven that nothing newer exists (P20b), and up to when that proof reaches. */
  readonly provenAt: MonotonicMs | undefined;
  readonly heardAt: MonotonicMs | undefined;
  /** The channel's own inter-arrival times in ms, once there are enough. */
  readonly typicalMs: number | undefined;
  readonly p99Ms: number | undefined;
};

/** The socket's state, for banners, lamps and every topic's state. */
export type LinkReport = {
  /** `idle`: no channel is followed, so the feed closed the link (P23); the first topic opens it again. */
  readonly state: 'connecting' | 'open' | 'waiting' | 'closed' | 'idle';
  readonly retryAt: MonotonicMs | undefined;
  readonly reason: string | undefined;
  /** It has been open before: from then on a cut is `disconnected`, not `loading`. */
  readonly everOpen: boolean;
  readonly via: 'direct' | 'same-origin';
  /** The transport in use, or the last one used (P32c). */
  readonly transport: Transport;
  /** Feed's clock minus ours, ms. */
  readonly offsetMs: number | undefined;
  readonly build: string | undefined;
  /** Identifies one life of the feed. */
  readonly epoch: string | undefined;
};

/** Footer figures that the worker knows; paint times are known only to the page. */
export type WorkerFigures = Omit<LinkFigures, 'paintMs' | 'degraded'>;

export type TopicUpdate = {
  readonly key: string;
  /** Absent: only the health changed. */
  readonly value?: TopicValue;
  readonly health: TopicHealth;
};

/** Candle updates in order, forming ones merged. `restart`: there may be a gap before them, refetch the history. */
export type CandleBatch = {
  readonly key: string;
  /** The epoch of the sequences, if known (P13). */
  readonly epoch: string | undefined;
  readonly restart: boolean;
  readonly updates: readonly CandleUpdate[];
};

export type FromDeckWorker =
  | {
      readonly type: 'batch';
      /** When the oldest data of its ladders and tapes was received, for received -> painted. */
      readonly receivedAt: MonotonicMs | undefined;
      readonly topics: readonly TopicUpdate[];
      readonly candles: readonly CandleBatch[];
    }
  | { readonly type: 'link'; readonly link: LinkReport }
  | {
      readonly type: 'figures';
      readonly figures: WorkerFigures;
      readonly lastDataAt: MonotonicMs | undefined;
    }
  | { readonly type: 'replay-state'; readonly view: ReplayView; readonly seeked: boolean }
  | {
      readonly type: 'replay-result';
      readonly request: number;
      readonly error: string | undefined;
    }
  | { readonly type: 'event'; readonly event: LoggedEvent }
  /** After each connect, and to a page that attaches: if not `full`, what events keep current is to be read again. */
  | { readonly type: 'sync'; readonly resume: SyncBody['resume'] }
  | { readonly type: 'events-state'; readonly view: EventStreamView }
  /** The worker had given up this page, which showed no sign of life: it has to connect again. */
  | { readonly type: 'gone' }
  /** What belongs in one frame, in order: between separate messages a frame might be painted. */
  | { readonly type: 'together'; readonly messages: readonly FromDeckWorker[] };

/** The worker as the page sees it. */
export interface WorkerPort {
  /** Adds the time of sending. */
  post(message: ToDeckWorker): void;
  listen(onMessage: (message: FromDeckWorker) => void): void;
  terminate(): void;
}
