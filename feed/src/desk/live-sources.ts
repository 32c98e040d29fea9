import { unlessUnreadable } from '@tapedeck/db/database/history-error';
import type { History } from '@tapedeck/db/history';
import { isSymbol } from '@tapedeck/market/instrument/instrument';
import type { Clock } from '@tapedeck/market/time/clock';
import { shown } from '@tapedeck/market/wire/codec/codec';
import type { SourceReport } from '@tapedeck/market/wire/venue/venue-body';

import type { MarketEngine } from '../engine/market-engine.ts';
import { standingOf } from '../engine/market-standing.ts';
import type { VenueSource } from '../source/venue/venue-source.ts';
import { LIVE_VENUES } from '../venue/live/live-venues.ts';

type LiveSourcesOptions = {
  readonly venues: VenueSource;
  readonly engine: MarketEngine;
  readonly history: History;
  readonly clock: Clock;
};

/**
 * The live markets of a feed, which an operator can add and remove; added ones come back with the next start (V1).
 */
export class LiveSources {
  readonly #options: LiveSourcesOptions;

  constructor(options: LiveSourcesOptions) {
    this.#options = options;
  }

  list(): readonly SourceReport[] {
    const { venues, engine } = this.#options;
    const kept = new Set(this.#kept().map(({ venue, market }) => `${market}@${venue}`));
    return venues.markets.map(({ venue: { venue, capability }, market: id }) => {
      const symbol = `${id}@${venue}`;
      const live = engine.market(symbol);
      const standing = live === undefined ? { state: 'syncing' as const } : standingOf(live);
      const [problem, audits] = [venues.problemOf(symbol), venues.audits(symbol)];
      return {
        ...{ venue, id, symbol, ...standing, isKept: kept.has(symbol), capability },
        ...(problem === undefined ? {} : { problem }),
        ...(audits === undefined ? {} : { audits }),
      };
    });
  }

  /** Text if the market cannot be added: why. */
  add(venue: string, id: string): SourceReport | string {
    const { venues, history, clock } = this.#options;
    if (!LIVE_VENUES.has(venue))
      return `venue: ${shown(venue)} is not one of ${[...LIVE_VENUES.keys()].join(', ')}`;
    const symbol = `${id}@${venue}`;
    if (!isSymbol(symbol)) return `id: ${shown(id)} is not an instrument that ${venue} could have`;
    if (!venues.has(symbol)) {
      // Store it first: if that fails, the market is not added.
      history.sources.add(venue, id, clock.now());
      venues.add(venue, id);
    }
    const added = this.list().find((each) => each.symbol === symbol);
    return added ?? `id: ${shown(id)} is not there`;
  }

  /** False if there is no such market. One named in the settings comes back with the next start. */
  remove(venue: string, id: string): boolean {
    const { venues, engine, history } = this.#options;
    if (!venues.has(`${id}@${venue}`)) return false;
    history.sources.remove(venue, id);
    venues.remove(venue, id);
    const market = engine.market(`${id}@${venue}`);
    if (market !== undefined) engine.end(market);
    return true;
  }

  #kept(): readonly { readonly venue: string; readonly market: string }[] {
    return unlessUnreadable(() => this.#options.history.sources.list(), []);
  }
}
