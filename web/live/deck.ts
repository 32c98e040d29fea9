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
import { lampsOf } from './lamps.ts';
import { RecentTimes } from './recent-times.ts';
import { SignalStore } from './signal-store.ts';
import { TopicStores } from './topic-stores.ts';
import type { Lamps, LinkFigures, ReplayView } from './view-model.ts';
import type { StateContext, ViewStore } from './view-store.ts';

/** The worker speaks every second; silent for this long while the page is visible, it is replaced. */
const WORKER_SILENCE_MS = 15_000;

/** What a deck needs of the page around it. */
export interface DeckEnvironment {
  readonly loop: FlushLoop;
  now(): EpochMs;
  startWorker(): WorkerPort;
  addresses(): Promise<{ readonly addresses: FeedAddresses; readonly preferSameOrigin: boolean }>;
  token(): string | undefined;
  isVisible(): boolean;
  onVisibility(listener: () => void): Cancel;
  /** Told which address serves the socket, so that requests take the same. */
  onVia(via: LinkReport['via']): void;
}

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
  transport: 'websocket',
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
  readonly #topics: TopicStores;
  readonly #candles = new Map<
    string,
    { readonly topic: Topic; readonly listeners: Set<CandleListener> }
  >();
  readonly #requests = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
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
    this.#topics = new TopicStores({
      now: () => environment.now(),
      watch: (key, topic) => {
        this.#worker?.post({ type: 'watch', key, topic });
        this.#isAllDirty = true;
        environment.loop.request();
      },
      unwatch: (key) => this.#worker?.post({ type: 'unwatch', key }),
    });
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
    return this.#topics.view(topic);
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

  #startWorker(): void {
    const life = ++this.#life;
    const worker = this.#environment.startWorker();
    this.#worker = worker;
    this.#lastHeardAt = this.#environment.now();
    worker.listen((message) => {
      if (life === this.#life) this.#hear(message);
    });
    worker.post({ type: 'visible', visible: this.#environment.isVisible() });
    for (const [key, topic] of this.#topics.watched()) worker.post({ type: 'watch', key, topic });
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
    this.#topics.forget();
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
      this.#topics.note(update);
      const { arrivedAt } = update.health;
      if (arrivedAt !== undefined) this.#lastDataAt = Math.max(this.#lastDataAt ?? 0, arrivedAt);
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
    const isAll = isAgeing || this.#isAllDirty;
    this.#isAllDirty = false;
    this.#topics.flush(context, isAll);
    if (isAll) this.lamps.set(this.#lampsAt(now));
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
    const ageMs = this.#lastDataAt === undefined ? undefined : Math.max(0, now - this.#lastDataAt);
    const lamps = lampsOf(this.#report, this.#topics.summary(ageMs), this.mode);
    const shown = this.lamps.getSnapshot();
    return JSON.stringify(lamps) === JSON.stringify(shown) ? shown : lamps;
  }

  #tend(now: EpochMs): void {
    this.#topics.sweep(now);
    if (!this.isStarted || !this.#environment.isVisible()) return;
    if (now - this.#lastHeardAt < WORKER_SILENCE_MS) return;
    this.#endWorker();
    this.#startWorker();
  }
}
