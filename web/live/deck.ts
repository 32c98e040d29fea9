import type { Cancel } from '@tapedeck/market/clock';
import type { EpochMs } from '@tapedeck/market/level';
import type { ReplayCommand } from '@tapedeck/market/wire/replay';

import { figuresOf, NO_FIGURES } from './deck-figures.ts';
import {
  type CandleBatch,
  type FeedAddresses,
  type FromWorker,
  type LinkReport,
  type Topic,
  type TopicValue,
  topicKey,
  type WorkerPort,
} from './deck-port.ts';
import type { FlushLoop } from './flush-loop.ts';
import { type DataSummary, lampsOf } from './lamps.ts';
import { RecentTimes } from './recent-times.ts';
import { SignalStore } from './signal-store.ts';
import type { Lamps, LinkFigures, ReplayView } from './view-model.ts';
import { type StateContext, ViewStore } from './view-store.ts';

/** How long a topic is kept after its last panel left: a route change or a hidden panel comes back to a live value. */
const LINGER_MS = 5_000;
/** The worker speaks every second; silent for this long while the page is visible, it is replaced. */
const WORKER_SILENCE_MS = 15_000;

/** What a deck needs of the page around it. */
export interface DeckEnvironment {
  readonly loop: FlushLoop;
  now(): EpochMs;
  after(delayMs: number, task: () => void): Cancel;
  startWorker(): WorkerPort;
  addresses(): Promise<{ readonly addresses: FeedAddresses; readonly preferSameOrigin: boolean }>;
  token(): string | undefined;
  isVisible(): boolean;
  onVisibility(listener: () => void): Cancel;
  /** Told which address serves the socket, so that requests take the same. */
  onVia(via: LinkReport['via']): void;
}

type Watched = {
  readonly topic: Topic;
  readonly store: ViewStore<TopicValue>;
  isWatched: boolean;
  idleSince: EpochMs;
};

type CandleListener = (batch: CandleBatch) => void;

/** What `useLinkState` shows. */
export type LinkView = {
  readonly state: LinkReport['state'];
  readonly retryAt?: EpochMs;
  readonly reason?: string;
  readonly retryNow: () => void;
};

const IDLE_LINK: LinkReport = {
  state: 'connecting',
  retryAt: undefined,
  reason: undefined,
  everOpen: false,
  via: 'direct',
  offsetMs: undefined,
  build: undefined,
  epoch: undefined,
};

/**
 * One link to the feed with its stores: the live market, or one replay. It owns the worker, counts who watches what,
 * and makes every snapshot that panels see. Components hold no socket and no data: StrictMode, hidden routes and
 * route changes only come and go as listeners.
 */
export class Deck {
  readonly mode: 'live' | 'replay';
  readonly replayId: string | undefined;
  readonly link = new SignalStore<LinkView>({ state: 'connecting', retryNow: () => {} });
  readonly figures = new SignalStore<LinkFigures>(NO_FIGURES);
  readonly lamps: SignalStore<Lamps>;
  readonly replay = new SignalStore<ReplayView | undefined>(undefined);
  readonly replayError = new SignalStore<string | undefined>(undefined);
  readonly #environment: DeckEnvironment;
  readonly #topics = new Map<string, Watched>();
  readonly #candles = new Map<
    string,
    { readonly topic: Topic; readonly listeners: Set<CandleListener> }
  >();
  readonly #requests = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  readonly #dirty = new Set<ViewStore<TopicValue>>();
  readonly #paintTimes = new RecentTimes();
  #seekListeners = new Set<() => void>();
  #worker: WorkerPort | undefined;
  /** Counts starts, so that an answer for a worker that was replaced is dropped. */
  #life = 0;
  #report = IDLE_LINK;
  #lastRequest = 0;
  #lastHeardAt: EpochMs = 0;
  #lastDataAt: EpochMs | undefined;
  #receivedAt: EpochMs | undefined;
  #isAllDirty = false;
  #cancels: Cancel[] = [];

  constructor(environment: DeckEnvironment, replayId?: string) {
    this.#environment = environment;
    this.replayId = replayId;
    this.mode = replayId === undefined ? 'live' : 'replay';
    this.lamps = new SignalStore(
      lampsOf(IDLE_LINK, { ageMs: undefined, stale: 0, topics: 0 }, this.mode),
    );
  }

  get isStarted(): boolean {
    return this.#cancels.length > 0;
  }

  /** Feed's clock minus ours, ms; 0 until it is known. */
  get offsetMs(): number {
    return this.#report.offsetMs ?? 0;
  }

  get epoch(): string | undefined {
    return this.#report.epoch;
  }

  /** Starts the worker and the ageing. Idempotent. */
  start(): void {
    if (this.isStarted) return;
    const { loop } = this.#environment;
    this.#cancels = [
      loop.add((isAgeing) => this.#flush(isAgeing)),
      this.#environment.onVisibility(() => {
        this.#lastHeardAt = this.#environment.now();
        this.#worker?.post({ type: 'visible', visible: this.#environment.isVisible() });
      }),
    ];
    this.#startWorker();
  }

  /** Ends the worker and its socket. Stores stay, as `disconnected`; `start` goes on with whatever is watched. */
  stop(): void {
    if (!this.isStarted) return;
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
    this.#endWorker();
    for (const { reject } of this.#requests.values()) reject(new Error('the replay was left'));
    this.#requests.clear();
    this.#setReport({
      ...IDLE_LINK,
      state: 'waiting',
      everOpen: this.#report.everOpen,
      reason: 'paused',
    });
    this.#isAllDirty = true;
    this.#flush(true);
  }

  /** The store of a topic, made on first use; it is watched while somebody listens, and 5 s longer. */
  view<T extends TopicValue>(topic: Topic): ViewStore<T> {
    const key = topicKey(topic);
    let watched = this.#topics.get(key);
    if (watched === undefined) {
      const store = new ViewStore<TopicValue>(
        this.#environment.now(),
        this.#relative(topic),
        (isActive) => this.#onActive(key, isActive),
      );
      watched = { topic, store, isWatched: false, idleSince: this.#environment.now() };
      this.#topics.set(key, watched);
    }
    return watched.store as unknown as ViewStore<T>;
  }

  /** Hears every candle batch of a topic; the first one comes with `restart` once the channel is open. */
  listenCandles(topic: Topic & { kind: 'candles' }, listener: CandleListener): Cancel {
    const key = topicKey(topic);
    let entry = this.#candles.get(key);
    if (entry === undefined) {
      entry = { topic, listeners: new Set() };
      this.#candles.set(key, entry);
      this.#worker?.post({ type: 'watch', key, topic });
    }
    const { listeners } = entry;
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#candles.get(key)?.listeners !== listeners) return;
      this.#candles.delete(key);
      this.#worker?.post({ type: 'unwatch', key });
    };
  }

  /** Hears of every seek of the replay. */
  onSeek(listener: () => void): Cancel {
    this.#seekListeners.add(listener);
    return () => void this.#seekListeners.delete(listener);
  }

  /** Sends a replay command; resolves when the feed answered it, rejects with its error. */
  command(command: ReplayCommand): Promise<void> {
    const request = ++this.#lastRequest;
    return new Promise((resolve, reject) => {
      if (this.#worker === undefined) {
        reject(new Error('the replay is not connected'));
        return;
      }
      this.#requests.set(request, { resolve, reject });
      this.#worker.post({ type: 'replay', request, command });
    });
  }

  readonly retryNow = (): void => {
    this.#worker?.post({ type: 'retry-now' });
  };

  /** A ladder grouped anew starts from the old grouping's value rather than from nothing. */
  #relative(topic: Topic): TopicValue | undefined {
    if (topic.kind !== 'ladder') return undefined;
    for (const other of this.#topics.values()) {
      if (other.isWatched && other.topic.kind === 'ladder' && other.topic.symbol === topic.symbol)
        return other.store.getSnapshot().value;
    }
    return undefined;
  }

  #onActive(key: string, isActive: boolean): void {
    const watched = this.#topics.get(key);
    if (watched === undefined) return;
    watched.idleSince = this.#environment.now();
    if (!isActive || watched.isWatched) return;
    watched.isWatched = true;
    this.#worker?.post({ type: 'watch', key, topic: watched.topic });
    this.#dirty.add(watched.store);
    this.#environment.loop.request();
  }

  /** Lets go of topics that nobody has listened to for a while, and of those that a render made but never used. */
  #sweep(now: EpochMs): void {
    for (const [key, watched] of this.#topics) {
      if (watched.store.isActive || now - watched.idleSince < LINGER_MS) continue;
      this.#topics.delete(key);
      if (watched.isWatched) this.#worker?.post({ type: 'unwatch', key });
    }
  }

  #startWorker(): void {
    const life = ++this.#life;
    const worker = this.#environment.startWorker();
    this.#worker = worker;
    this.#lastHeardAt = this.#environment.now();
    worker.listen((message) => {
      if (life === this.#life) this.#hear(message);
    });
    worker.post({ type: 'visible', visible: this.#environment.isVisible() });
    for (const [key, { topic, isWatched }] of this.#topics) {
      if (isWatched) worker.post({ type: 'watch', key, topic });
    }
    for (const [key, { topic }] of this.#candles) worker.post({ type: 'watch', key, topic });
    void this.#environment.addresses().then(({ addresses, preferSameOrigin }) => {
      if (life !== this.#life) return;
      worker.post({
        type: 'start',
        addresses,
        preferSameOrigin,
        token: this.#environment.token(),
        replayId: this.replayId,
      });
    });
  }

  #endWorker(): void {
    this.#life++;
    this.#worker?.post({ type: 'stop' });
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { store } of this.#topics.values()) store.forget();
  }

  #hear(message: FromWorker): void {
    this.#lastHeardAt = this.#environment.now();
    switch (message.type) {
      case 'batch':
        this.#take(message);
        return;
      case 'link':
        this.#setReport(message.link);
        return;
      case 'figures':
        this.#lastDataAt = message.lastDataAt;
        this.figures.set(
          figuresOf(
            message.figures,
            this.#paintTimes.percentiles(this.#environment.now(), 0.95)?.[0],
          ),
        );
        return;
      case 'replay-state':
        this.replay.set(message.view);
        this.#isAllDirty = true;
        if (message.seeked) for (const listener of this.#seekListeners) listener();
        this.#environment.loop.request();
        return;
      case 'replay-result':
        this.#settle(message.request, message.error);
    }
  }

  #take({ receivedAt, topics, candles }: Extract<FromWorker, { type: 'batch' }>): void {
    // Of what one frame paints the oldest counts.
    if (receivedAt !== undefined)
      this.#receivedAt = Math.min(this.#receivedAt ?? receivedAt, receivedAt);
    for (const update of topics) {
      const store = this.#topics.get(update.key)?.store;
      if (store === undefined) continue;
      store.note(update);
      this.#dirty.add(store);
    }
    for (const batch of candles) {
      for (const listener of this.#candles.get(batch.key)?.listeners ?? []) listener(batch);
    }
    this.#environment.loop.request();
  }

  #settle(request: number, error: string | undefined): void {
    const waiting = this.#requests.get(request);
    this.#requests.delete(request);
    if (error === undefined) waiting?.resolve();
    else waiting?.reject(new Error(error));
  }

  #setReport(report: LinkReport): void {
    this.#report = report;
    if (report.state === 'open') this.#environment.onVia(report.via);
    this.link.set({
      state: report.state,
      retryNow: this.retryNow,
      ...(report.retryAt === undefined ? {} : { retryAt: report.retryAt }),
      ...(report.reason === undefined ? {} : { reason: report.reason }),
    });
    this.replayError.set(report.state === 'closed' ? report.reason : undefined);
    this.#isAllDirty = true;
    this.#environment.loop.request();
  }

  #flush(isAgeing: boolean): void {
    const now = this.#environment.now();
    const context: StateContext = {
      link: this.#report,
      now,
      replayClock: this.replay.getSnapshot()?.clock,
      isReplay: this.mode === 'replay',
    };
    if (isAgeing || this.#isAllDirty) {
      for (const { store } of this.#topics.values()) store.flush(context);
      this.lamps.set(this.#lampsAt(now));
    } else {
      for (const store of this.#dirty) store.flush(context);
    }
    this.#dirty.clear();
    this.#isAllDirty = false;
    if (this.#receivedAt !== undefined) {
      const receivedAt = this.#receivedAt;
      this.#receivedAt = undefined;
      this.#environment.loop.afterPaint(() => {
        const paintedAt = this.#environment.now();
        this.#paintTimes.add(paintedAt, paintedAt - receivedAt);
      });
    }
    if (isAgeing) this.#tend(now);
  }

  #lampsAt(now: EpochMs): Lamps {
    const summary: DataSummary = summarise(this.#topics.values(), this.#lastDataAt, now);
    const lamps = lampsOf(this.#report, summary, this.mode);
    const shown = this.lamps.getSnapshot();
    return JSON.stringify(lamps) === JSON.stringify(shown) ? shown : lamps;
  }

  #tend(now: EpochMs): void {
    this.#sweep(now);
    if (!this.isStarted || !this.#environment.isVisible()) return;
    if (now - this.#lastHeardAt < WORKER_SILENCE_MS) return;
    this.#endWorker();
    this.#startWorker();
  }
}

function summarise(
  topics: Iterable<Watched>,
  lastDataAt: EpochMs | undefined,
  now: EpochMs,
): DataSummary {
  let stale = 0;
  let count = 0;
  for (const { store } of topics) {
    if (!store.isActive) continue;
    count++;
    const { kind } = store.getSnapshot().state;
    if (kind === 'stale' || kind === 'resyncing' || kind === 'error') stale++;
  }
  return {
    ageMs: lastDataAt === undefined ? undefined : Math.max(0, now - lastDataAt),
    stale,
    topics: count,
  };
}
