/* What one market asks of its venue: requests, and streams on other sockets. */
import type { LiveVenue } from '../../venue/live-venue.ts';
import type { VenueEvent, VenueTrade } from '../../venue/venue-event.ts';
import type { LinkPlaces } from './link-places.ts';
import type { VenueMeter } from './meter/venue-meter.ts';
import type { VenueHttp } from './venue-http.ts';
import type { SymbolHost } from './venue-symbol.ts';

export function symbolHost(options: {
  readonly venue: LiveVenue;
  readonly market: string;
  readonly http: VenueHttp;
  readonly places: LinkPlaces;
  readonly meter: VenueMeter;
  /** Whether smaller snapshots are requested. */
  readonly isCrowded: () => boolean;
  /** Whether it must not be subscribed. */
  readonly isParked: () => boolean;
  readonly doubted: SymbolHost['doubted'];
  readonly tell: SymbolHost['tell'];
}): SymbolHost {
  const { venue, market, http, places, meter, isCrowded, isParked, doubted, tell } = options;
  const stream = venue.book(market);
  return {
    fetch: (done) => {
      const { snapshot } = venue;
      if (snapshot === undefined) return () => undefined;
      return http.ask(snapshot.request(market, isCrowded()), ({ status, text }) =>
        done(status === 200 ? snapshot.read(text) : `${status} ${text.slice(0, 80)}`),
      );
    },
    resubscribe: () => {
      if (isParked()) return;
      meter.awaits([stream]);
      places.of(stream)?.resubscribe(stream);
    },
    elsewhere: () => {
      if (!isParked()) places.elsewhere(stream, stream);
    },
    doubted,
    audited: (isRight) => meter.audited(isRight),
    lost: (count) => meter.lostTrades(count),
    tradesElsewhere: (next) => {
      if (isParked()) return;
      for (const each of venue.trades(market)) {
        const link = each === next ? undefined : places.of(each);
        if (link !== undefined) return places.elsewhere(each, next);
      }
      places.elsewhere(next, next);
    },
    missed: (hole, done) =>
      void http.ask(venue.missed.request(hole), ({ status, text }) => {
        const events = status === 200 ? venue.missed.read(text, hole) : undefined;
        done(typeof events === 'string' ? undefined : events?.filter(isTrade));
      }),
    tell,
  };
}

function isTrade(event: VenueEvent): event is VenueTrade {
  return event.type === 'trade';
}
