import type {
  VenueInstrumentBody,
  VenueInstrumentsBody,
  VenuesBody,
} from '@tapedeck/market/wire/venue/venue-body';

import type { VenueSource } from '../source/venue/venue-source.ts';
import type { VenueInstrument } from '../venue/live-venue.ts';

/** The venues that can be live, and what each of them lists. */
export class VenueCatalogue {
  readonly #venues: VenueSource;

  constructor(venues: VenueSource) {
    this.#venues = venues;
  }

  list(): VenuesBody['venues'] {
    return this.#venues.wanted.map(({ venue: { venue, capability }, origins, ids }) => ({
      venue,
      capability: { ...capability },
      hosts: { socket: origins.socket, http: origins.http },
      markets: ids.size,
    }));
  }

  /**
   * The instruments with `search` in their id, base or quote, best first. Text if the venue gives no list: why.
   * Undefined for an unknown venue.
   */
  async find(
    venue: string,
    search: string,
    limit: number,
  ): Promise<VenueInstrumentsBody | string | undefined> {
    const list = await this.#venues.connector(venue)?.list.all();
    if (list === undefined || typeof list === 'string') return list;
    const wanted = plain(search);
    const found = list
      .map((each) => ({ each, rank: rankOf(each, wanted) }))
      .filter(({ rank }) => rank < NO_MATCH)
      .toSorted((a, b) => a.rank - b.rank || (a.each.market < b.each.market ? -1 : 1));
    return {
      venue,
      instruments: found.slice(0, limit).map(({ each }) => this.#body(venue, each)),
      found: found.length,
    };
  }

  #body(venue: string, instrument: VenueInstrument): VenueInstrumentBody {
    const { market: id, base, quote, tickSize, lotSize, status } = instrument;
    const symbol = `${id}@${venue}`;
    return {
      ...{ id, symbol, base, quote, tickSize, lotSize, status },
      isLive: this.#venues.has(symbol),
    };
  }
}

const NO_MATCH = 4;
/** An instrument that does not trade comes after all that do. */
const NOT_OPEN = 0.5;

/** The whole id, its beginning, its base, somewhere in it; 4 if it does not match. */
function rankOf({ market, base, status }: VenueInstrument, wanted: string): number {
  const id = plain(market);
  const late = status === 'open' ? 0 : NOT_OPEN;
  if (id === wanted) return 0 + late;
  if (plain(base) === wanted) return 1 + late;
  if (id.startsWith(wanted)) return 2 + late;
  return id.includes(wanted) ? 3 + late : NO_MATCH;
}

/** `btc usd`, `BTC/USD` and `btcusd` are one search. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}
