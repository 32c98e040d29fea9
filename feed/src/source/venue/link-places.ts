/* Which link carries which stream of a venue: streams of one path share links with room for them. */
import { type Clock, type MonotonicMs } from '@tapedeck/market/time/clock';

import type { LiveStream } from '../../venue/live-venue.ts';
import type { VenueMeter } from './meter/venue-meter.ts';
import { type LinkHost, VenueLink } from './venue-link.ts';

/** Streams moved to another socket within this time share that socket. */
const SHARED_MS = 12_000;

type Place = { readonly link: VenueLink; readonly since: MonotonicMs };

export class LinkPlaces {
  readonly #clock: Clock;
  readonly #host: LinkHost;
  readonly #meter: VenueMeter;
  readonly #streamsPerSocket: number;
  readonly #places: Place[] = [];
  #linkId = 0;

  constructor(options: {
    readonly clock: Clock;
    readonly host: LinkHost;
    readonly meter: VenueMeter;
    readonly streamsPerSocket: number;
  }) {
    this.#clock = options.clock;
    this.#host = options.host;
    this.#meter = options.meter;
    this.#streamsPerSocket = options.streamsPerSocket;
  }

  get links(): readonly VenueLink[] {
    return this.#places.map(({ link }) => link);
  }

  of(stream: LiveStream): VenueLink | undefined {
    return this.#places.find(({ link }) => link.has(stream))?.link;
  }

  /** Subscribes streams of one path together, on a link with room or on a new one. */
  add(streams: readonly LiveStream[], not?: VenueLink): void {
    const [first] = streams;
    if (first !== undefined) this.#linkFor(first, not).add(streams);
  }

  /** Moves one stream to another socket, or replaces it with another stream. */
  elsewhere(from: LiveStream, to: LiveStream): void {
    const link = this.of(from);
    // A socket that is not open yet is not the cause of the silence.
    if (link !== undefined && !link.isUp) return;
    if (link !== undefined)
      this.#meter.resubscribed(link.id, `${from.market}: no ${from.kind} within the deadline`);
    const next = this.#linkFor(to, from.path === to.path ? link : undefined);
    this.leave([from]);
    next.add([to]);
  }

  /** Unsubscribes; a link without streams ends. */
  leave(streams: readonly LiveStream[]): void {
    for (const [link, own] of Map.groupBy(streams, (stream) => this.of(stream))) {
      if (link === undefined) continue;
      this.#meter.forget(own);
      link.remove(own);
      if (link.streams.length > 0) continue;
      const at = this.#places.findIndex((place) => place.link === link);
      if (at >= 0) this.#places.splice(at, 1);
    }
  }

  #linkFor({ path }: LiveStream, not: VenueLink | undefined): VenueLink {
    const now = this.#clock.monotonic();
    const found = this.#places.find(
      ({ link, since }) =>
        link !== not &&
        link.path === path &&
        link.streams.length < this.#streamsPerSocket &&
        (not === undefined || now - since < SHARED_MS),
    );
    if (found !== undefined) return found.link;
    const link = new VenueLink(path, ++this.#linkId, this.#host);
    this.#places.push({ link, since: now });
    return link;
  }
}
