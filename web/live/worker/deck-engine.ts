/*
 * The inside of a deck's worker: the link and a record of each channel, for any number of pages. It gets its sockets
 * and clock from outside, so that a test can run all of it.
 */
import { FeedLink } from '@tapedeck/market/link/feed-link';
import type { LinkChannel } from '@tapedeck/market/link/link-channel';
import type { LinkListener } from '@tapedeck/market/link/link-listener';
import type { LinkState } from '@tapedeck/market/link/link-state';
import type { Fallback } from '@tapedeck/market/link/link-transports';
import type { Dial } from '@tapedeck/market/link/transport/link-socket';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Random } from '@tapedeck/market/number/random';
import { type Cancel, type Clock, momentOf } from '@tapedeck/market/time/clock';
import { readWireFrame } from '@tapedeck/market/wire/codec/wire-frame';
import type { DownMessage, HelloMessage } from '@tapedeck/market/wire/down';

import type { FromDeckWorker } from '../model/deck-port.ts';
import { definitionOf, type Topic } from '../model/topics.ts';
import type { ReplayView } from '../model/view-model.ts';
import { ChannelRecord } from './channel-record.ts';
import { DeckEvents } from './deck-events.ts';
import { DeckPage, type DeckStart, type PageHost } from './deck-page.ts';
import { Dialer, type OpenSocket } from './dialer.ts';
import { displayInstrument } from './display-instrument.ts';
import { lazyDial } from './lazy-dial.ts';
import { LinkFiguresCounter } from './link-figures.ts';
import { LinkReporter } from './link-reporter.ts';

const FIGURES_MS = 1_000;
/** How often the feed is probed by a request while the link is down. Only this brings the link back quickly. */
const PROBE_MS = 1_000;

/** The fallback transports (P32c), which are downloaded only when needed. */
type FallbackSockets = { readonly openStream: OpenSocket; readonly openPolled: OpenSocket };

export type DeckEngineOptions = {
  /** Whether the pages of other tabs use it, too. */
  readonly isShared: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly openSocket: OpenSocket;
  /** Loads the fallbacks for blocked WebSockets. */
  readonly loadFallback: () => Promise<FallbackSockets>;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Whether a feed answers at this origin. */
  readonly probe: (origin: string) => Promise<boolean>;
};

export class DeckEngine {
  readonly #options: DeckEngineOptions;
  readonly #records = new Map<string, ChannelRecord>();
  readonly #byChannel = new Map<LinkChannel, ChannelRecord>();
  readonly #pages = new Set<DeckPage>();
  readonly #figures: LinkFiguresCounter;
  readonly #link: FeedLink;
  readonly #reporter: LinkReporter;
  readonly #host: PageHost;
  readonly #events: DeckEvents;
  #dialer: Dialer | undefined;
  #isReplay = false;
  #replay: ReplayView | undefined;
  #cancels: Cancel[] = [];

  constructor(options: DeckEngineOptions) {
    this.#options = options;
    const { clock, random } = options;
    this.#figures = new LinkFiguresCounter(clock.monotonic());
    this.#link = new FeedLink({
      clock,
      random,
      decode: readWireFrame,
      dial: (events) => this.#knownDialer.dial(events),
      fallback: this.#fallback(),
      isHinted: true,
      listener: this.#listener(),
    });
    this.#reporter = new LinkReporter(this.#link, {
      post: (link) => this.#post({ type: 'link', link }),
      via: () => this.#dialer?.via ?? 'direct',
    });
    this.#events = new DeckEvents({
      clock,
      random,
      isPolled: !options.isShared,
      fetch: (path, init) => this.#fetch(path, init),
      tell: (message) => this.#post(message),
    });
    this.#host = {
      clock,
      link: this.#link,
      start: (message) => this.#start(message),
      retry: () => {
        if (this.#dialer !== undefined) this.#link.retry();
      },
      use: (topic) => this.#use(topic),
      leave: (record) => this.#leave(record),
      left: (page) => void this.#pages.delete(page),
    };
  }

  /** Pages that are attached. */
  get pages(): number {
    return this.#pages.size;
  }

  /** Channels that someone watches. */
  get channels(): number {
    return this.#records.size;
  }

  /** Adds a page; it learns at once what the others know. */
  attach(post: (message: FromDeckWorker) => void): DeckPage {
    const page = new DeckPage(this.#host, post);
    this.#pages.add(page);
    page.post({ type: 'link', link: this.#reporter.report() });
    if (this.#replay !== undefined)
      page.post({ type: 'replay-state', view: this.#replay, seeked: false });
    this.#events.greet(page.post);
    return page;
  }

  /** Ends the link. The engine is not used again. */
  stop(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
    this.#link.stop();
    this.#events.stop();
  }

  get #knownDialer(): Dialer {
    if (this.#dialer === undefined) throw new Error('dialled before the addresses are known');
    return this.#dialer;
  }

  #fallback(): Fallback {
    const load = async (dialOf: (sockets: FallbackSockets) => Dial): Promise<Dial> =>
      dialOf(await this.#options.loadFallback());
    const polling = lazyDial(() => load(({ openPolled }) => this.#knownDialer.polled(openPolled)));
    const isReplay = (): boolean => this.#isReplay;
    return {
      sse: lazyDial(() => load(({ openStream }) => this.#knownDialer.stream(openStream))),
      get polling() {
        return isReplay() ? undefined : polling;
      },
      probe: () => this.#isReachable(),
    };
  }

  #start(message: DeckStart): void {
    if (this.#dialer !== undefined) return;
    const { clock, openSocket } = this.#options;
    const { addresses, preferSameOrigin, token, replayId } = message;
    this.#isReplay = replayId !== undefined;
    this.#dialer = new Dialer({
      clock,
      openSocket,
      addresses,
      preferSameOrigin,
      token,
      replayId,
    });
    this.#cancels = [
      clock.every(FIGURES_MS, () => this.#postFigures()),
      clock.every(PROBE_MS, () => void this.#probe()),
    ];
    this.#link.start();
    this.#events.start(replayId);
  }

  #use(topic: Topic): ChannelRecord {
    const name = definitionOf(topic).channel(topic);
    let record = this.#records.get(name);
    if (record === undefined) {
      const channel = this.#link.subscribe(name);
      record = new ChannelRecord(channel, this.#options.clock.monotonic());
      this.#records.set(name, record);
      this.#byChannel.set(channel, record);
      if (this.#reporter.isIdle) this.#link.retry();
    }
    record.users++;
    return record;
  }

  #leave(record: ChannelRecord): void {
    if (--record.users > 0) return;
    const { channel } = record;
    this.#records.delete(channel.name);
    this.#byChannel.delete(channel);
    this.#link.unsubscribe(channel.name);
  }

  /** At once, also to hidden pages. */
  #post(message: FromDeckWorker): void {
    for (const page of this.#pages) page.post(message);
  }

  #boards(tell: (board: DeckPage['board']) => void): void {
    for (const { board } of this.#pages) tell(board);
  }

  #interrupt(record: ChannelRecord): void {
    record.interrupt();
    this.#boards((board) => board.interrupted(record));
  }

  #listener(): LinkListener {
    return {
      onState: (state) => this.#onState(state),
      onTransport: () => this.#reporter.post(),
      onHello: (message) => this.#onHello(message),
      onFrame: (bytes, messages) => this.#figures.frame(bytes, messages),
      onBook: (channel, outcome, message) => {
        if (outcome === 'gap') this.#figures.gaps++;
        if (outcome === 'checksum') this.#figures.checksumFailures++;
        if (outcome === 'applied') this.#arrived(channel, message.eventTime, message.sendTime);
        this.#onChannel(channel);
      },
      onTrades: (channel, message, lost, isNew) => {
        const record = this.#byChannel.get(channel);
        if (isNew) record?.tape.begin(channel.grid && displayInstrument(channel.grid));
        record?.tape.add(message.trades, lost);
        // A resumed tape may bring no trade: that is a response, not data.
        const newest = message.trades.at(-1);
        if (newest !== undefined) this.#arrived(channel, newest[1], message.sendTime);
        // Trades that are only counted are data all the same: such a market is anything but quiet.
        else if (lost > 0) this.#arrived(channel, message.sendTime, message.sendTime);
        else this.#touched(channel);
        this.#onChannel(channel);
      },
      onTicker: (channel, message) => {
        this.#byChannel.get(channel)?.takeTicker(message);
        this.#arrived(channel, message.eventTime, undefined);
        this.#onChannel(channel);
      },
      onCandle: (channel, message) => {
        const record = this.#byChannel.get(channel);
        const candle = record?.takeCandle(message);
        if (record !== undefined && candle !== undefined)
          this.#boards((board) => board.candle(record, candle));
        this.#arrived(channel, undefined, undefined);
        this.#onChannel(channel);
      },
      onChannel: (channel) => {
        const record = this.#byChannel.get(channel);
        if (!channel.hasValue && record !== undefined) this.#interrupt(record);
        this.#onChannel(channel);
      },
      onMessage: (message) => this.#onMessage(message),
      onLostFrame: () => {
        for (const record of this.#records.values()) this.#interrupt(record);
      },
    };
  }

  #arrived(
    channel: LinkChannel,
    eventTime: EpochMs | undefined,
    sendTime: EpochMs | undefined,
  ): void {
    const record = this.#byChannel.get(channel);
    if (record === undefined) return;
    const now = momentOf(this.#options.clock);
    record.arrived(now.at, eventTime);
    this.#figures.data(now, sendTime, this.#link.offsetMs);
    this.#boards((board) => board.changed(record, now.at));
  }

  #touched(channel: LinkChannel): void {
    const record = this.#byChannel.get(channel);
    if (record === undefined) return;
    const now = this.#options.clock.monotonic();
    this.#boards((board) => board.changed(record, now));
  }

  /** The channel's state may have changed: its views are updated, at once if its phase changed. */
  #onChannel(channel: LinkChannel): void {
    const record = this.#byChannel.get(channel);
    if (record === undefined) return;
    const isNewPhase = record.refresh(this.#options.clock.monotonic());
    this.#boards((board) => {
      if (channel.detail === 'seek') board.holdForSeek();
      board.healthChanged(record, isNewPhase);
    });
  }

  #onState(state: LinkState): void {
    if (state.kind === 'open') {
      if (this.#reporter.opened()) this.#figures.reconnects++;
      this.#figures.tier = undefined;
    } else {
      for (const { commands } of this.#pages) commands.cut();
      for (const record of this.#records.values()) this.#interrupt(record);
    }
    this.#reporter.post();
    this.#events.onLink(state);
    for (const record of this.#records.values()) this.#onChannel(record.channel);
    // A topic was added while the feed was closing the link because there was none.
    if (this.#reporter.isIdle && this.#records.size > 0) this.#link.retry();
  }

  #onHello(message: HelloMessage): void {
    if (!this.#reporter.greeted(message, this.#isReplay ? 'replay' : 'live')) this.#link.stop();
    this.#reporter.post();
  }

  #onMessage(message: DownMessage): void {
    switch (message.type) {
      case 'tier':
        this.#figures.tier = message.to === 'requested' ? undefined : message.to;
        return;
      case 'pong':
        this.#reporter.post();
        return;
      case 'replay-state': {
        const { state, clock, speed, from, to, connections = 1, seeked = false } = message;
        const view = { state, clock, speed, from, to, connections };
        const told = { type: 'replay-state', view, seeked } as const;
        // A user's action is shown at once; the clock alone goes with the panels.
        const { state: before, speed: paceBefore } = this.#replay ?? {};
        const isNews =
          message.id !== undefined || seeked || state !== before || speed !== paceBefore;
        this.#replay = view;
        this.#boards((board) => (isNews ? board.tell(told) : board.ride(told)));
        this.#settle(message.id);
        return;
      }
      case 'error':
        this.#settle(message.id, message.message);
        return;
      default:
        return;
    }
  }

  /** Ids are those of the one link, so that only the page that asked knows its own. */
  #settle(id: number | undefined, error?: string): void {
    for (const { commands } of this.#pages) commands.settle(id, error);
  }

  #postFigures(): void {
    const { clock, isShared } = this.#options;
    const message = {
      type: 'figures',
      figures: this.#figures.take(
        clock.monotonic(),
        this.#reporter.report(),
        isShared ? this.#pages.size : undefined,
        this.#link,
      ),
      lastDataAt: this.#figures.lastDataAt,
    } as const;
    this.#boards((board) => board.ride(message));
  }

  /** A request finds a feed that is back sooner than the backoff's next attempt. */
  async #probe(): Promise<void> {
    const { kind } = this.#link.state;
    if (kind !== 'waiting' && kind !== 'connecting') return;
    if (await this.#isReachable()) this.#link.hint();
  }

  /** A request by the link's address, or while there is no link by the first that answers. */
  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const { origin, token } = this.#knownDialer;
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
    const isOpen = this.#link.state.kind === 'open';
    const response = await this.#options.fetch(
      `${isOpen ? origin : await this.#answeringOrigin()}${path}`,
      { ...init, headers },
    );
    if (!response.ok) throw new Error(`the feed answered ${response.status}`);
    return response;
  }

  async #answeringOrigin(): Promise<string> {
    for (const origin of this.#knownDialer.origins)
      if (await this.#options.probe(origin)) return origin;
    throw new Error('the feed cannot be reached');
  }

  /** Whether the feed answers requests at either address. */
  async #isReachable(): Promise<boolean> {
    const origins = this.#dialer?.origins ?? [];
    const answers = origins.map((origin) => this.#options.probe(origin));
    return Promise.any(
      answers.map(async (answer) =>
        (await answer) ? true : Promise.reject(new Error('no answer')),
      ),
    ).catch(() => false);
  }
}
