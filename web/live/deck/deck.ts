import type { EpochMs } from '@tapedeck/market/number/level';
import {
  type Cancel,
  type Clock,
  LONG_AGO,
  type Moment,
  type MonotonicMs,
  momentOf,
} from '@tapedeck/market/time/clock';
import type { ReplayCommand } from '@tapedeck/market/wire/replay';

import { Listeners } from '../../signal/listeners.ts';
import { Signal } from '../../signal/signal.ts';
import type { FeedAddresses, FromDeckWorker, LinkReport, WorkerPort } from '../model/deck-port.ts';
import { RecentTimes } from '../model/recent-times.ts';
import type { Topic, TopicKind, TopicValue } from '../model/topics.ts';
import type { Lamps, LinkFigures, ReplayView } from '../model/view-model.ts';
import { type CandleListener, CandleListeners } from '../store/candle-listeners.ts';
import { figuresOf, NO_FIGURES } from '../store/deck-figures.ts';
import type { FlushLoop } from '../store/flush-loop.ts';
import { lampsOf, NO_DATA } from '../store/lamps.ts';
import type { PageBook } from '../store/page-book.ts';
import { TopicStores } from '../store/topic-stores.ts';
import type { StateContext, VenueClocks, ViewStore } from '../store/view-store.ts';
import { PageEvents } from './page-events.ts';
import { PendingCommands } from './pending-commands.ts';
import { WorkerSilence } from './worker-silence.ts';

/** What a deck needs from the page around it. */
export interface DeckEnvironment {
  readonly loop: FlushLoop;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** Connects to the worker; `isSilent`: the one before does not answer and is to be replaced. */
  startWorker(isSilent: boolean): WorkerPort;
  addresses(): Promise<{ readonly addresses: FeedAddresses; readonly preferSameOrigin: boolean }>;
  token(): string | undefined;
  isVisible(): boolean;
  onVisibility(listener: () => void): Cancel;
  /** Calls `leave` when the page is hidden for good or kept for later, `comeBack` when a kept one is shown again. */
  onLeave(leave: () => void, comeBack: () => void): Cancel;
  /** Called with the address that the socket uses, so that requests use the same. */
  onVia(via: LinkReport['via']): void;
}

/** The value of `useLinkState`. */
export type LinkView = {
  readonly state: LinkReport['state'];
  readonly retryAt?: MonotonicMs;
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
 * route changes only add and remove listeners.
 */
export class Deck {
  readonly mode: 'live' | 'replay';
  readonly replayId: string | undefined;
  readonly link = new Signal<LinkView>({ state: 'connecting', retryNow: () => {} });
  readonly figures = new Signal<LinkFigures>(NO_FIGURES);
  readonly lamps: Signal<Lamps>;
  readonly replay = new Signal<ReplayView | undefined>(undefined);
  readonly events = new PageEvents();
  readonly replayError = new Signal<string | undefined>(undefined);
  readonly #environment: DeckEnvironment;
  readonly #topics: TopicStores;
  readonly #candles = new CandleListeners({
    watch: (key, topic) => this.#worker?.post({ type: 'watch', key, topic }),
    unwatch: (key) => this.#worker?.post({ type: 'unwatch', key }),
  });
  readonly #commands = new PendingCommands();
  readonly #paintTimes = new RecentTimes();
  readonly #seekListeners = new Listeners();
  readonly #silence = new WorkerSilence();
  #worker: WorkerPort | undefined;
  /** Counts starts, so that addresses resolved for a replaced worker are dropped. */
  #life = 0;
  #report = IDLE_LINK;
  /** When the open link was cut; undefined while it is open or was never open. */
  #cutAt: MonotonicMs | undefined;
  #lastHeardAt = LONG_AGO;
  #lastDataAt: MonotonicMs | undefined;
  /** The page's wall clock when data last arrived: only that clock counts a sleep. */
  #lastDataWall: EpochMs = 0;
  #receivedAt: MonotonicMs | undefined;
  /** The replay's state, until the next frame shows it. */
  #replayTold: ReplayView | undefined;
  #isAllDirty = false;
  #cancels: Cancel[] = [];

  constructor(environment: DeckEnvironment, replayId?: string) {
    this.#environment = environment;
    this.replayId = replayId;
    this.mode = replayId === undefined ? 'live' : 'replay';
    this.#topics = new TopicStores({
      now: () => environment.clock.monotonic(),
      watch: (key, topic) => {
        this.#worker?.post({ type: 'watch', key, topic });
        this.#isAllDirty = true;
        environment.loop.request();
      },
      unwatch: (key) => this.#worker?.post({ type: 'unwatch', key }),
    });
    this.lamps = new Signal(lampsOf(IDLE_LINK, NO_DATA, this.mode));
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
      this.#environment.onLeave(
        () => this.#endWorker(),
        () => {
          if (this.#worker === undefined) this.#startWorker();
        },
      ),
      this.#environment.onVisibility(() => {
        this.#worker?.post({ type: 'visible', visible: this.#environment.isVisible() });
      }),
    ];
    this.#startWorker();
  }

  /** Ends the worker and its socket. Stores stay, as `disconnected`; `start` watches their topics again. */
  stop(): void {
    if (!this.isStarted) return;
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
    this.#endWorker();
    this.#commands.giveUp('the replay was left');
    this.#setReport({
      ...IDLE_LINK,
      state: 'waiting',
      everOpen: this.#report.everOpen,
      reason: 'paused',
    });
    this.#isAllDirty = true;
    this.#flush(true);
  }

  /** The store of a topic, created on first use; it is watched while it has listeners, and 5 s longer. */
  view<K extends TopicKind>(topic: Topic & { readonly kind: K }): ViewStore<TopicValue<K>> {
    return this.#topics.view<K>(topic);
  }

  /** The one book of a symbol on this page, for every panel. */
  book(symbol: string): PageBook {
    return this.#topics.book(symbol);
  }

  setVenueClocks(clocks: VenueClocks): void {
    this.#topics.setVenueClocks(clocks);
    this.#isAllDirty = true;
    this.#environment.loop.request();
  }

  /** Listens to every candle batch of a topic; the first comes with `restart` once the channel is open. */
  listenCandles(topic: Topic & { kind: 'candles' }, listener: CandleListener): Cancel {
    return this.#candles.add(topic, listener);
  }

  /** Listens to every seek of the replay. */
  readonly onSeek = this.#seekListeners.add;

  /** Sends a replay command; resolves when the feed has answered it, rejects with its error. */
  command(command: ReplayCommand): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return Promise.reject(new Error('the replay is not connected'));
    return this.#commands.begin((request) => worker.post({ type: 'replay', request, command }));
  }

  readonly retryNow = (): void => {
    this.#worker?.post({ type: 'retry-now' });
  };

  #startWorker(isSilent = false): void {
    const life = ++this.#life;
    const worker = this.#environment.startWorker(isSilent);
    this.#worker = worker;
    this.#silence.end();
    worker.listen((message) => {
      if (life === this.#life) this.#hear(message);
    });
    worker.post({ type: 'visible', visible: this.#environment.isVisible() });
    for (const [key, topic] of this.#topics.watched()) worker.post({ type: 'watch', key, topic });
    for (const [key, topic] of this.#candles.watched()) worker.post({ type: 'watch', key, topic });
    void this.#environment.addresses().then(({ addresses, preferSameOrigin }) => {
      if (life !== this.#life) return;
      worker.post({
        type: 'start',
        addresses,
        preferSameOrigin,
        token: this.#environment.token(),
        replayId: this.replayId,
      });
      this.#silence.begin();
    });
  }

  #endWorker(): void {
    this.#life++;
    this.#worker?.post({ type: 'stop' });
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#silence.end();
    this.events.end();
    this.#topics.forget();
  }

  #hear(message: FromDeckWorker): void {
    this.#lastHeardAt = this.#environment.clock.monotonic();
    this.#silence.heard();
    switch (message.type) {
      case 'batch':
        this.#take(message);
        return;
      case 'link':
        this.#setReport(message.link);
        return;
      case 'figures':
        this.#dataCame(message.lastDataAt);
        this.figures.set(
          figuresOf(
            message.figures,
            this.#paintTimes.percentiles(this.#environment.clock.monotonic(), 0.95)?.[0],
          ),
        );
        return;
      case 'replay-state':
        this.#replayTold = message.view;
        // A hidden page gets no frames.
        if (!this.#environment.isVisible()) this.#showReplay();
        this.#isAllDirty = true;
        if (message.seeked) this.#seekListeners.notify();
        this.#environment.loop.request();
        return;
      case 'replay-result':
        this.#commands.settle(message.request, message.error);
        return;
      case 'event':
        this.events.take(message.event);
        return;
      case 'sync':
        this.events.sync(message.resume);
        return;
      case 'events-state':
        this.events.view.set(message.view);
        return;
      case 'gone':
        this.#endWorker();
        this.#startWorker();
        return;
      case 'together':
        for (const each of message.messages) this.#hear(each);
    }
  }

  /** The clock is shown with the panels, in one render of the page. */
  #showReplay(): void {
    if (this.#replayTold === undefined) return;
    this.replay.set(this.#replayTold);
    this.#replayTold = undefined;
  }

  #take({ receivedAt, topics, candles }: Extract<FromDeckWorker, { type: 'batch' }>): void {
    // For a frame, the oldest data that it paints counts.
    if (
      receivedAt !== undefined &&
      !(this.#receivedAt !== undefined && this.#receivedAt < receivedAt)
    )
      this.#receivedAt = receivedAt;
    for (const update of topics) {
      this.#topics.note(update);
      this.#dataCame(update.health.arrivedAt);
    }
    for (const batch of candles) this.#candles.take(batch);
    this.#environment.loop.request();
  }

  #dataCame(at: MonotonicMs | undefined): void {
    if (at === undefined || at <= (this.#lastDataAt ?? LONG_AGO)) return;
    this.#lastDataAt = at;
    this.#lastDataWall = this.#environment.clock.now();
  }

  #setReport(report: LinkReport): void {
    if (report.state === 'open') this.#cutAt = undefined;
    else if (this.#report.state === 'open') this.#cutAt = this.#environment.clock.monotonic();
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
    const now = momentOf(this.#environment.clock);
    this.#showReplay();
    const context: StateContext = {
      link: this.#report,
      now,
      replayClock: this.replay.getSnapshot()?.clock,
      isReplay: this.mode === 'replay',
      cutAt: this.#cutAt,
    };
    const isAll = isAgeing || this.#isAllDirty;
    this.#isAllDirty = false;
    this.#topics.flush(context, isAll);
    if (isAll) this.lamps.set(this.#lampsAt(now));
    if (this.#receivedAt !== undefined) {
      const receivedAt = this.#receivedAt;
      this.#receivedAt = undefined;
      this.#environment.loop.afterPaint(() => {
        const paintedAt = this.#environment.clock.monotonic();
        this.#paintTimes.add(paintedAt, paintedAt - receivedAt);
      });
    }
    if (isAgeing) this.#tend(now.at);
  }

  /** By the larger of the two clocks: a step back makes nothing look newer, and a sleep counts as age. */
  #lampsAt({ wall, at }: Moment): Lamps {
    const ageMs =
      this.#lastDataAt === undefined
        ? undefined
        : Math.max(0, at - this.#lastDataAt, wall - this.#lastDataWall);
    const lamps = lampsOf(this.#report, this.#topics.summary(ageMs), this.mode);
    const shown = this.lamps.getSnapshot();
    return JSON.stringify(lamps) === JSON.stringify(shown) ? shown : lamps;
  }

  #tend(now: MonotonicMs): void {
    this.#topics.sweep(now);
    const isTooLong = this.#silence.look(now, this.#environment.isVisible());
    if (this.isStarted && isTooLong) this.#replaceWorker();
  }

  /** It may be dead or hang: what it said last is not true any more. */
  #replaceWorker(): void {
    const { state, everOpen } = this.#report;
    const cutAt = state === 'open' ? this.#lastHeardAt : this.#cutAt;
    this.#endWorker();
    const reason = 'this browser’s worker does not answer; starting another one';
    this.#setReport({ ...IDLE_LINK, state: 'waiting', everOpen, reason });
    this.#cutAt = cutAt;
    this.#startWorker(true);
  }
}
