/*
 * One live venue: its markets, the links that carry their streams, and the budgets that they share.
 *
 *   wire ─▶ link (sockets) ─▶ venue.frame ─▶ symbol (book, trades) ─▶ sink
 */
import { splitInstrumentName } from '@tapedeck/market/instrument/instrument-name';
import type { MarketSink } from '@tapedeck/market/instrument/market-event';
import type { Random } from '@tapedeck/market/number/random';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

import type {
  AuditCounts,
  LiveFinding,
  LiveSocket,
  LiveStream,
  LiveVenue,
  VenueInstrument,
} from '../../venue/live-venue.ts';
import { Budget } from './budget.ts';
import { CandleDesk, type CandleKeeper } from './candle-desk.ts';
import { FrameOutbox } from './frame-outbox.ts';
import type { Ban, HostBans } from './host-bans.ts';
import { InstrumentDesk } from './instrument-desk.ts';
import { InstrumentList } from './instrument-list.ts';
import { LinkPlaces } from './link-places.ts';
import { MarketListings } from './market-listings.ts';
import { QuoteRota } from './market/quote-rota.ts';
import { VenueMeter } from './meter/venue-meter.ts';
import { SocketDialler } from './socket-dialler.ts';
import { symbolHost } from './symbol-host.ts';
import { failureText, troubleText } from './trouble-text.ts';
import { VenueHttp } from './venue-http.ts';
import type { LinkHost, VenueLink } from './venue-link.ts';
import { VenueSymbol } from './venue-symbol.ts';
import type { Wire, WireSocket } from './wire/wire.ts';

const TICK_MS = 200;
/** A new socket and the old one overlap for at least this long. */
const OVERLAP_MS = 2_000;
/** With more markets than this, smaller snapshots are requested. */
const CROWD = 10;

export type Origins = { readonly socket: string; readonly http: string };

export class VenueConnector {
  readonly venue: LiveVenue;
  /** All instruments of the venue, for a search. */
  readonly list: InstrumentList;
  readonly meter: VenueMeter;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #sink: MarketSink;
  readonly #http: VenueHttp;
  readonly #outbox: FrameOutbox;
  readonly #dialler: SocketDialler;
  readonly #instruments: InstrumentDesk;
  readonly #listings: MarketListings;
  readonly #candles: CandleDesk;
  readonly #bans: HostBans;
  readonly #hosts: readonly string[];
  readonly #symbols = new Map<string, VenueSymbol>();
  readonly #wanted = new Set<string>();
  readonly #started = new Set<string>();
  readonly #places: LinkPlaces;
  readonly #rota = new QuoteRota();
  readonly #cancel: Cancel;
  readonly #host: LinkHost;
  readonly #sockets = new WeakMap<WireSocket, LiveSocket>();
  #requestId = 0;

  constructor(options: {
    readonly venue: LiveVenue;
    readonly origins: Origins;
    readonly wire: Wire;
    readonly clock: Clock;
    readonly random: Random;
    readonly bans: HostBans;
    readonly sink: MarketSink;
    /** Keeps candles from before the first start; absent if they are not wanted. */
    readonly keeper?: CandleKeeper | undefined;
  }) {
    const { venue, origins, wire, clock, random, bans } = options;
    this.venue = venue;
    this.#clock = clock;
    this.#random = random;
    this.#sink = options.sink;
    this.#bans = bans;
    this.#hosts = [...new Set([origins.socket, origins.http].map((each) => new URL(each).host))];
    this.meter = new VenueMeter(venue, clock);
    const banMs = (): number => bans.waitMs(new URL(origins.socket).host);
    const { limits, keepAlive } = venue;
    const { messages, weight, connects, forbiddenMs } = limits;
    this.#http = new VenueHttp({ origin: origins.http, wire, clock, bans, forbiddenMs, weight });
    this.#outbox = new FrameOutbox({
      ...{ clock, messages, banMs, subscribesPerSocket: limits.subscribesPerSocket },
    });
    this.#dialler = new SocketDialler({
      ...{ origin: origins.socket, wire, clock, bans, forbiddenMs, outbox: this.#outbox },
      budget: new Budget(connects),
    });
    this.#instruments = new InstrumentDesk({ venue, http: this.#http, clock, random });
    this.#listings = new MarketListings({
      ...{ venue, clock, random, http: this.#http, wanted: () => this.#wanted },
      symbolOf: (market) => this.#symbols.get(market),
      start: (market, instrument) => this.#start(market, instrument),
      place: (symbol, isSubscribed) => this.#place(symbol, isSubscribed),
      tell: (severity, market, text) => this.#tell(severity, [venue.book(market)], text),
    });
    this.#candles = new CandleDesk({ venue, http: this.#http, clock, keeper: options.keeper });
    this.list = new InstrumentList({ venue, http: this.#http, clock });
    this.#host = {
      clock,
      random,
      lifeMs: limits.socketLifeMs,
      dial: (path, listener) => this.#dialler.dial(path, listener),
      ping: (socket) =>
        keepAlive === undefined
          ? this.#outbox.ping(socket)
          : this.#outbox.duty(socket, keepAlive.text),
      pingEveryMs: keepAlive?.everyMs,
      hello: (socket) => this.#send(socket, venue.hello?.(this.#next()) ?? []),
      reply: (socket, text) => this.#outbox.duty(socket, text),
      subscribe: (socket, streams) =>
        this.#send(socket, this.#of(socket).subscribe(streams, this.#next())),
      unsubscribe: (socket, streams) =>
        this.#send(socket, this.#of(socket).unsubscribe(streams, this.#next())),
      banMs,
      onUp: (_, streams) => {
        this.meter.awaits(streams);
        this.#each(streams, 'linked');
      },
      onLost: (_, streams) => {
        this.meter.forget(streams);
        this.#listings.cut(streams);
        this.#each(streams, 'unlinked');
      },
      onFailed: ({ streams }, why, attempt, waitMs) => {
        const text = failureText(venue.venue, why, attempt, clock.now() + waitMs);
        if (text !== undefined) this.#tell('warning', streams, text);
      },
      onMessage: (link, socket, text, isReplacement) => {
        const findings = this.meter.read(link.id, text, () =>
          this.#of(socket).frame(text, clock.now()),
        );
        for (const finding of findings) this.#find(link, finding, isReplacement);
      },
      onBridge: (link) => this.#books(link, (symbol) => symbol.bridge()),
      onAdopted: (link) => {
        this.#each(link.streams, 'linked');
        this.#books(link, (symbol) => symbol.adopted());
      },
      onDropped: (link) => this.#books(link, (symbol) => symbol.dropped()),
      onStep: (link, from, event, why) => this.meter.step(link.id, from, event, why),
    };
    this.#places = new LinkPlaces({
      ...{ clock, host: this.#host, meter: this.meter },
      streamsPerSocket: venue.limits.symbolsPerSocket,
    });
    this.#cancel = clock.every(TICK_MS, () => this.#tick());
  }

  /** Wanted markets that are not announced yet: their grid or their name is unknown. */
  get awaited(): readonly string[] {
    return [...this.#wanted].filter((market) => this.#symbols.get(market)?.isTold !== true);
  }

  get links(): readonly VenueLink[] {
    return this.#places.links;
  }

  /** The bans of its hosts that still last. */
  get bans(): readonly Ban[] {
    return this.#hosts.flatMap((host) => this.#bans.of(host) ?? []);
  }

  /** Why a wanted market has no data, in the venue's own words as far as it gave any; undefined if nothing is known. */
  problemOf(market: string): string | undefined {
    const link = this.#places.of(this.venue.book(market));
    return (
      this.#listings.problemOf(market) ??
      (this.#symbols.has(market) ? undefined : this.#instruments.trouble) ??
      troubleText(link?.trouble)
    );
  }

  /** How often a market's book was compared with what the venue states about it. */
  audits(market: string): AuditCounts | undefined {
    return this.#symbols.get(market)?.audits;
  }

  add(market: string): void {
    if (this.#wanted.has(market)) return;
    this.#wanted.add(market);
    this.#instruments.ask(market, (answer) => {
      if (!this.#wanted.has(market)) return;
      if (answer.type === 'refused' || answer.type === 'unlisted')
        this.#refuse(market, answer.detail);
      // The list may be outdated: an unlisted market is subscribed anyway, and announced once its book arrives.
      if (answer.type === 'refused') return;
      this.#start(market, answer.type === 'known' ? answer.instrument : undefined);
    });
  }

  /** Unsubscribes the market. */
  remove(market: string): void {
    this.#wanted.delete(market);
    this.#started.delete(market);
    this.#listings.forget(market);
    this.#candles.drop(market);
    const symbol = this.#symbols.get(market);
    if (symbol === undefined) return;
    this.#symbols.delete(market);
    symbol.close();
    this.#leave(market);
  }

  close(): void {
    this.#cancel();
    this.#instruments.close();
    this.#listings.close();
    this.#candles.close();
    for (const link of this.#places.links) link.close();
    for (const symbol of this.#symbols.values()) symbol.close();
    this.#dialler.close();
    this.#outbox.close();
    this.#http.close();
  }

  /** Once: a market that was refused may be listed later. */
  #start(market: string, instrument: VenueInstrument | undefined): void {
    if (this.#started.has(market)) return;
    this.#started.add(market);
    this.#candles.ask(market, instrument, () => this.#begin(market, instrument));
  }

  #begin(market: string, instrument: VenueInstrument | undefined): void {
    const { venue } = this;
    const names = instrument ?? splitInstrumentName(market);
    const { base, quote } = names;
    const symbol = new VenueSymbol({
      ...{ venue, market, instrument, names: { base, quote } },
      ...{ clock: this.#clock, random: this.#random, sink: this.#sink },
      host: symbolHost({
        ...{ venue, market, http: this.#http, places: this.#places, meter: this.meter },
        isCrowded: () => this.#wanted.size > CROWD,
        doubted: () => this.#listings.hurry(market),
        isParked: () => this.#listings.isParked(market),
        tell: (severity, message) => this.#tell(severity, [venue.book(market)], message),
      }),
    });
    this.#symbols.set(market, symbol);
    this.#place(symbol, true);
    if (instrument !== undefined) this.#listings.begun(market, instrument);
  }

  #place(symbol: VenueSymbol, isSubscribed: boolean): void {
    const { market, trades } = symbol;
    if (isSubscribed) {
      for (const stream of [this.venue.book(market), trades.stream]) this.#places.add([stream]);
      return;
    }
    symbol.unlinked();
    trades.unlinked();
    this.#leave(market);
  }

  #leave(market: string): void {
    const quote = this.venue.quote?.(market);
    const quotes = quote === undefined ? [] : [quote];
    this.#places.leave([this.venue.book(market), ...this.venue.trades(market), ...quotes]);
  }

  #find(link: VenueLink, finding: LiveFinding, isReplacement: boolean): void {
    if (finding.kind === 'move') {
      if (!isReplacement) link.move(finding.detail);
      return;
    }
    if (finding.kind === 'refused') {
      const { market = '', detail } = finding;
      if (this.#wanted.has(market))
        this.#listings.refuse(market, `the venue refuses it: ${detail}`);
      this.#tell('warning', [], `${this.venue.venue} refuses ${market}: ${detail}`);
      return;
    }
    if (finding.kind === 'hole') {
      this.#doubt(link, isReplacement, finding.only);
      return;
    }
    if (finding.kind === 'reply') {
      link.reply(finding.text, isReplacement);
      return;
    }
    // Losing an unreadable frame loses only its content: the book's next delta shows the gap.
    if (finding.kind !== 'event') return;
    const symbol = this.#symbols.get(finding.market ?? '');
    if (symbol === undefined) return;
    const { event } = finding;
    if (event.type === 'trade') {
      this.meter.data({ kind: 'trades', market: symbol.market });
      if (symbol.isHalted) this.#listings.hurry(symbol.market);
      symbol.trades.take(event);
      return;
    }
    if (event.type === 'ticker') {
      this.meter.data({ kind: 'quote', market: symbol.market });
      symbol.quote(event);
      return;
    }
    if (event.type !== 'snapshot' && event.type !== 'diff') return;
    // A socket may still send data of a market that has moved to another socket: ignore it.
    if (this.#places.of(this.venue.book(symbol.market)) !== link) return;
    this.meter.data({ kind: 'book', market: symbol.market });
    this.#listings.accept(symbol.market);
    if (event.type === 'diff') this.meter.stamped(event.eventTime);
    symbol.take(event, isReplacement);
  }

  /** A frame of a socket is missing: any of its books and tapes may lack it, or only its tapes. */
  #doubt(link: VenueLink, isReplacement: boolean, only: 'trades' | undefined): void {
    if (only === undefined) this.#books(link, (symbol) => symbol.doubt(isReplacement));
    if (only === undefined && isReplacement) return link.dropReplacement();
    for (const { market, kind } of link.streams)
      if (kind === 'trades') this.#symbols.get(market)?.trades.doubt();
  }

  #bridge(link: VenueLink): void {
    // Nothing shows that the new socket has all trades: both deliver them for a while, and each trade counts once.
    if (link.bridgingMs < OVERLAP_MS) return;
    const books = link.streams.filter(({ kind }) => kind === 'book');
    if (books.every(({ market }) => this.#symbols.get(market)?.isHandedOver === true))
      link.bridged();
  }

  #tick(): void {
    for (const link of this.#places.links) {
      link.tick();
      if (link.state === 'bridging') this.#bridge(link);
    }
    for (const symbol of this.#symbols.values()) symbol.tick();
    this.meter.tick();
    this.#turnQuotes();
  }

  #turnQuotes(): void {
    const { quote } = this.venue;
    const change = quote && this.#rota.tick(this.#clock.monotonic(), [...this.#symbols.keys()]);
    if (quote === undefined || change === undefined) return;
    // In one frame; and first, so that a socket of quotes alone is not left for an instant.
    this.#places.add(change.add.map((market) => quote(market)));
    this.#places.leave(change.remove.map((market) => quote(market)));
  }

  #each(streams: readonly LiveStream[], what: 'linked' | 'unlinked'): void {
    for (const { market, kind } of streams) {
      const symbol = this.#symbols.get(market);
      if (kind === 'book') symbol?.[what]();
      else if (kind === 'trades') symbol?.trades[what]();
    }
  }

  #books(link: VenueLink, work: (symbol: VenueSymbol) => void): void {
    for (const { market, kind } of link.streams) {
      const symbol = kind === 'book' ? this.#symbols.get(market) : undefined;
      if (symbol !== undefined) work(symbol);
    }
  }

  #send(socket: WireSocket, frames: readonly string[]): void {
    for (const frame of frames) this.#outbox.send(socket, frame);
  }

  #of(socket: WireSocket): LiveSocket {
    let speech = this.#sockets.get(socket);
    if (speech === undefined) {
      speech = this.venue.socket?.() ?? this.venue;
      this.#sockets.set(socket, speech);
    }
    return speech;
  }

  #next(): number {
    return ++this.#requestId;
  }

  #refuse(market: string, detail: string): void {
    this.#listings.refuse(market, detail);
    this.#tell('warning', [], `${market}@${this.venue.venue}: ${detail}; check TAPEDECK_SOURCE`);
  }

  #tell(severity: 'info' | 'warning', streams: readonly LiveStream[], message: string): void {
    const symbols = [...new Set(streams.map(({ market }) => `${market}@${this.venue.venue}`))];
    const time = this.#clock.now();
    this.#sink({ type: 'status', time, severity, kind: 'venue-link', symbols, message });
  }
}
