/* All live venues of a feed as one source: one connector per venue, and one list of banned hosts. */
import { nameOf, venueOf } from '@tapedeck/market/instrument/instrument';
import type { MarketSink, MarketSource } from '@tapedeck/market/instrument/market-event';
import type { Random } from '@tapedeck/market/number/random';
import type { Clock } from '@tapedeck/market/time/clock';

import type { AuditCounts, Capability, LiveVenue } from '../../venue/live-venue.ts';
import type { CandleKeeper } from './candle-desk.ts';
import { HostBans } from './host-bans.ts';
import { keptWire } from './raw/kept-wire.ts';
import type { RawKeeper } from './raw/raw-keeper.ts';
import { type Origins, VenueConnector } from './venue-connector.ts';
import type { Wire } from './wire/wire.ts';

export type WantedVenue = {
  readonly venue: LiveVenue;
  readonly origins: Origins;
  readonly markets: readonly string[];
};

export class VenueSource implements MarketSource {
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #raw: RawKeeper | undefined;
  readonly #keeper: CandleKeeper | undefined;
  readonly #connectors = new Map<string, VenueConnector>();
  readonly #wanted = new Map<string, WantedVenue & { readonly ids: Set<string> }>();
  #sink: MarketSink | undefined;
  #bans: HostBans | undefined;

  constructor(options: {
    /** All venues that may be live, each with the markets wanted at the start. */
    readonly wanted: readonly WantedVenue[];
    readonly wire: Wire;
    readonly clock: Clock;
    readonly random: Random;
    /** Keeps what venues send; absent if it is not wanted. */
    readonly raw?: RawKeeper | undefined;
    /** Keeps candles from before the first start of a market; absent if they are not wanted. */
    readonly keeper?: CandleKeeper | undefined;
  }) {
    this.#wire = options.wire;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#raw = options.raw;
    this.#keeper = options.keeper;
    for (const each of options.wanted)
      this.#wanted.set(each.venue.venue, { ...each, ids: new Set(each.markets) });
  }

  /** Wanted symbols that are not announced yet. */
  get awaited(): readonly string[] {
    return [...this.#connectors.values()].flatMap(({ awaited, venue }) =>
      awaited.map((market) => `${market}@${venue.venue}`),
    );
  }

  /** Every wanted market, announced or not. */
  get markets(): readonly { readonly venue: LiveVenue; readonly market: string }[] {
    return [...this.#wanted.values()].flatMap(({ venue, ids }) =>
      [...ids].map((market) => ({ venue, market })),
    );
  }

  /** All venues that may be live, with the ids of their wanted markets. */
  get wanted(): readonly (WantedVenue & { readonly ids: ReadonlySet<string> })[] {
    return [...this.#wanted.values()];
  }

  /** Why a wanted market has no data; undefined if nothing is known. */
  problemOf(symbol: string): string | undefined {
    return this.#connectors.get(venueOf(symbol))?.problemOf(nameOf(symbol));
  }

  /** Whether the symbol is a wanted market, announced or not. */
  has(symbol: string): boolean {
    return this.#wanted.get(venueOf(symbol))?.ids.has(nameOf(symbol)) === true;
  }

  /** What its venue guarantees; undefined if it is not a live market. */
  capability(symbol: string): Capability | undefined {
    return this.has(symbol) ? this.#wanted.get(venueOf(symbol))?.venue.capability : undefined;
  }

  /** The venues in use, or asked for their instruments. */
  get connectors(): readonly VenueConnector[] {
    return [...this.#connectors.values()];
  }

  /** What connects to a venue; opened if need be. Undefined for an unknown venue, before `start` and after `close`. */
  connector(venue: string): VenueConnector | undefined {
    const wanted = this.#wanted.get(venue);
    return wanted && this.#connector(wanted);
  }

  /** How often its book was compared with what its venue states about it; undefined if it is not a live market. */
  audits(symbol: string): AuditCounts | undefined {
    return this.#connectors.get(venueOf(symbol))?.audits(nameOf(symbol));
  }

  /** False if the market was already added, or the venue is unknown. */
  add(venue: string, market: string): boolean {
    const wanted = this.#wanted.get(venue);
    if (wanted === undefined || wanted.ids.has(market)) return false;
    wanted.ids.add(market);
    this.#connector(wanted)?.add(market);
    return true;
  }

  /** False if there is no such market. Events already sent stay valid. */
  remove(venue: string, market: string): boolean {
    if (this.#wanted.get(venue)?.ids.delete(market) !== true) return false;
    this.#connectors.get(venue)?.remove(market);
    return true;
  }

  start(sink: MarketSink): void {
    const clock = this.#clock;
    this.#sink = sink;
    this.#bans = new HostBans(clock, ({ host, status, until }) => {
      const at = new Date(until).toISOString();
      const message = `${host} answers ${status}: nothing is sent there until ${at}`;
      const time = clock.now();
      sink({ type: 'status', time, severity: 'warning', kind: 'venue-link', symbols: [], message });
    });
    for (const wanted of this.#wanted.values())
      for (const market of wanted.ids) this.#connector(wanted)?.add(market);
  }

  close(): void {
    this.#sink = undefined;
    for (const connector of this.#connectors.values()) connector.close();
  }

  /** Undefined before `start` and after `close`. */
  #connector({ venue, origins }: WantedVenue): VenueConnector | undefined {
    const [sink, bans] = [this.#sink, this.#bans];
    if (sink === undefined || bans === undefined) return undefined;
    let connector = this.#connectors.get(venue.venue);
    if (connector === undefined) {
      const [clock, random] = [this.#clock, this.#random];
      connector = new VenueConnector({
        ...{ venue, origins, wire: this.#wireOf(venue, origins), clock, random, bans, sink },
        keeper: this.#keeper,
      });
      this.#connectors.set(venue.venue, connector);
    }
    return connector;
  }

  #wireOf(venue: LiveVenue, origins: Origins): Wire {
    return this.#raw === undefined ? this.#wire : keptWire(this.#wire, venue, origins, this.#raw);
  }
}
