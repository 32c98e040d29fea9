/* What a venue says of its markets other than data: whether it lists them as open (V13), and what it refuses. */
import type { Random } from '@tapedeck/market/number/random';
import type { Clock } from '@tapedeck/market/time/clock';

import type { LiveStream, LiveVenue, VenueInstrument } from '../../venue/live-venue.ts';
import { InstrumentWatch } from './listing/instrument-watch.ts';
import { haltOf, listingText } from './listing/listing-words.ts';
import type { VenueHttp } from './venue-http.ts';
import type { VenueSymbol } from './venue-symbol.ts';

export type ListingsOptions = {
  readonly venue: LiveVenue;
  readonly clock: Clock;
  readonly random: Random;
  readonly http: VenueHttp;
  readonly wanted: () => Iterable<string>;
  readonly symbolOf: (market: string) => VenueSymbol | undefined;
  /** A wanted market that is not subscribed is listed. */
  readonly start: (market: string, instrument: VenueInstrument) => void;
  /** Subscribes a market, or ends its subscriptions. */
  readonly place: (symbol: VenueSymbol, isSubscribed: boolean) => void;
  readonly tell: (severity: 'info' | 'warning', market: string, message: string) => void;
};

export class MarketListings {
  readonly #options: ListingsOptions;
  readonly #watch: InstrumentWatch;
  /** Until data of the market arrives. */
  readonly #refusals = new Map<string, string>();
  /** Why markets are not open. */
  readonly #texts = new Map<string, string>();
  /** Markets whose subscriptions have ended: one that is not listed would end its whole socket. */
  readonly #parked = new Set<string>();

  constructor(options: ListingsOptions) {
    const { venue, clock, random, http, wanted, symbolOf } = options;
    this.#options = options;
    this.#watch = new InstrumentWatch({
      ...{ venue, clock, random, markets: wanted },
      hasRoom: (weight) => http.roomInMs(weight) === 0,
      ask: (request, done) => http.ask(request, done),
      isHalted: (market) => symbolOf(market)?.isHalted === true,
      onListed: (market, instrument) => this.#listed(market, instrument),
    });
  }

  /** In the venue's own words; undefined if it says nothing against the market. */
  problemOf(market: string): string | undefined {
    return this.#texts.get(market) ?? this.#refusals.get(market);
  }

  refuse(market: string, text: string): void {
    this.#refusals.set(market, text);
  }

  /** Data of a market has come. */
  accept(market: string): void {
    if (this.#refusals.size > 0) this.#refusals.delete(market);
  }

  /** A market begins, as the venue has stated it. */
  begun(market: string, instrument: VenueInstrument): void {
    this.#watch.knows(market);
    this.#listed(market, instrument);
  }

  /** Something suggests that a market has changed. */
  hurry(market: string): void {
    this.#watch.hurry(market);
  }

  /** A socket has ended: a market on it that is not listed any more may be why. */
  cut(streams: readonly LiveStream[]): void {
    if (this.#options.venue.instruments.onlyListed !== true) return;
    for (const { market } of streams) this.#watch.hurry(market);
  }

  isParked(market: string): boolean {
    return this.#parked.has(market);
  }

  forget(market: string): void {
    this.#refusals.delete(market);
    this.#texts.delete(market);
    this.#parked.delete(market);
    this.#watch.forget(market);
  }

  close(): void {
    this.#watch.close();
  }

  #listed(market: string, instrument: VenueInstrument | undefined): void {
    const { venue, symbolOf, start, tell } = this.#options;
    const symbol = symbolOf(market);
    const isGone = venue.instruments.onlyListed === true && haltOf(instrument) === 'delisted';
    if (instrument !== undefined && !isGone) this.#refusals.delete(market);
    if (symbol === undefined) {
      if (instrument !== undefined && !isGone) start(market, instrument);
      return;
    }
    // A list may be older than the stream: a book that is up to date is no delisted market's.
    if (instrument === undefined && symbol.isCurrent) return;
    const text = listingText(instrument);
    if (this.#texts.get(market) !== text) {
      if (text === undefined) this.#texts.delete(market);
      else this.#texts.set(market, text);
      const now = text ?? 'open again, its venue says';
      tell(text === undefined ? 'info' : 'warning', market, `${symbol.symbol} is ${now}`);
    }
    symbol.listed(instrument);
    if (isGone === this.#parked.has(market)) return;
    if (isGone) this.#parked.add(market);
    else this.#parked.delete(market);
    this.#options.place(symbol, !isGone);
  }
}
