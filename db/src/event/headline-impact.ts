/*
 * Price moves after a headline, from recorded trades: the price 1 s, 10 s, 1 min and 5 min later relative to the last
 * trade of the minute before. Nothing is guessed: the result is a `gap` if the relevant trade may be missing, and
 * `pending` if the horizon is not over.
 */
import type { Gap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Headline } from '@tapedeck/market/wire/event';

import type { SqliteConnection } from '../database/database.ts';
import type { SessionMarket, SessionStore } from '../session/session-store.ts';
import { TapeOwners } from '../tape/tape-owners.ts';

/** Horizons after a headline, ms. */
export const IMPACT_HORIZONS = { '1s': 1_000, '10s': 10_000, '1m': 60_000, '5m': 300_000 } as const;
export type ImpactHorizon = keyof typeof IMPACT_HORIZONS;
const HORIZONS = Object.entries(IMPACT_HORIZONS) as readonly (readonly [ImpactHorizon, number])[];

/** A move in ticks, and in basis points of the price before. */
type ImpactMove =
  | { readonly state: 'ok'; readonly ticks: number; readonly bp: number }
  | { readonly state: 'pending' | 'gap' };

/** Impact of one headline on one market. */
export type Impact = {
  readonly symbol: string;
  /** Last price of the minute before, ticks; null if there was no trade. */
  readonly before: number | null;
  /** Price range of that minute in bp: a smaller move is noise. */
  readonly noiseBp: number | null;
  readonly moves: Readonly<Record<ImpactHorizon, ImpactMove>>;
};

const MINUTE_MS = 60_000;
/** Maximum number of symbols measured, because a market-wide headline names every symbol. */
const MAX_SYMBOLS = 3;
/** Cached impacts, which are final once their horizons are over. */
const KEPT = 4_000;

export class HeadlineImpacts {
  readonly #sessions: SessionStore;
  readonly #owners: TapeOwners;
  readonly #price;
  readonly #range;
  readonly #settled = new Map<string, Impact>();

  constructor(connection: SqliteConnection, sessions: SessionStore) {
    this.#sessions = sessions;
    this.#owners = new TapeOwners(connection, sessions);
    this.#price = connection.prepare<[key: number, from: number, before: number], PricePoint>(
      `select price_ticks as price, event_time as time from trade
         where session_symbol = ? and event_time >= ? and event_time < ?
         order by event_time desc, sequence desc limit 1`,
    );
    this.#range = connection.prepare<
      [key: number, from: number, before: number],
      { readonly low: number | null; readonly high: number | null }
    >(
      `select min(price_ticks) as low, max(price_ticks) as high from trade
       where session_symbol = ? and event_time >= ? and event_time < ?`,
    );
  }

  /**
   * Impacts of each headline, in order. Ignores data later than `now`. `session` selects the recording; by default it
   * is the tape's owner at the time of the headline (`tape-owners.ts`).
   */
  of(
    headlines: readonly Headline[],
    {
      now,
      session,
      symbols,
    }: {
      readonly now: EpochMs;
      readonly session?: string | undefined;
      /** Symbols to measure first, if a headline names more than the maximum. */
      readonly symbols?: readonly string[] | undefined;
    },
  ): readonly (readonly Impact[])[] {
    const recordings = new Map<string, Recordings>();
    return headlines.map((headline) => {
      const wanted = symbols ?? [];
      const chosen = headline.symbols
        .toSorted((a, b) => Number(wanted.includes(b)) - Number(wanted.includes(a)))
        .slice(0, MAX_SYMBOLS);
      return chosen.map((symbol) => {
        const known = recordings.get(symbol) ?? this.#recordings(symbol, session);
        recordings.set(symbol, known);
        return this.#impact(symbol, headline, known, now);
      });
    });
  }

  #recordings(symbol: string, session: string | undefined): Recordings {
    const gaps = new Map();
    if (session === undefined) {
      const stretches = this.#owners.stretches(symbol);
      const markets = new Set(stretches.map(({ market }) => market));
      return { stretches, markets: [...markets].toReversed(), gaps };
    }
    const market = this.#sessions.market(session, symbol);
    if (market === undefined) return { stretches: [], markets: [], gaps };
    const { firstTime: from, lastTime: to } = market;
    return { stretches: [{ market, from, to }], markets: [market], gaps };
  }

  #impact(symbol: string, headline: Headline, recordings: Recordings, now: EpochMs): Impact {
    const { time } = headline;
    // If two recordings touch, use the later one, which has the following trades.
    const market = recordings.stretches.findLast(
      ({ from, to }) => from <= time && time <= to,
    )?.market;
    const cached = market && this.#settled.get(`${market.key}:${headline.id}`);
    if (cached !== undefined) return masked(cached, time, now);
    const impact =
      market === undefined ? unknown(symbol) : this.#measure(symbol, time, market, recordings);
    const isOver = market !== undefined && now > time + IMPACT_HORIZONS['5m'] + MINUTE_MS;
    if (isOver) this.#keep(`${market.key}:${headline.id}`, impact);
    return masked(impact, time, now);
  }

  #measure(symbol: string, time: EpochMs, market: SessionMarket, recordings: Recordings): Impact {
    const from = time - MINUTE_MS;
    const before = this.#priceAt(market, time, from, recordings)?.price;
    if (before === undefined) return unknown(symbol);
    const { low, high } = this.#range.get(market.key, from, time) ?? { low: null, high: null };
    const moves = HORIZONS.map(([horizon, ms]): readonly [ImpactHorizon, ImpactMove] => {
      const at = time + ms;
      const covering = this.#covering(market, at, recordings);
      const since = covering === market ? from : covering?.firstTime;
      const point =
        covering === undefined || since === undefined
          ? undefined
          : this.#priceAt(covering, at, since, recordings);
      if (point === undefined) return [horizon, { state: 'gap' }];
      const ticks = point.price - before;
      return [horizon, { state: 'ok', ticks, bp: bpOf(ticks, before) }];
    });
    return {
      symbol,
      before,
      noiseBp: low === null || high === null ? null : bpOf(high - low, before),
      moves: Object.fromEntries(moves) as Impact['moves'],
    };
  }

  /**
   * The last price before `at`, if no later trade can be missing: a gap before the last trade is harmless, one after
   * it is not.
   */
  #priceAt(
    market: SessionMarket,
    at: EpochMs,
    from: EpochMs,
    recordings: Recordings,
  ): PricePoint | undefined {
    const point = this.#price.get(market.key, from, at);
    if (point === undefined) return undefined;
    const isHidden = this.#gapsOf(market, recordings).some(
      (gap) => gap.from < at && gap.to > point.time,
    );
    return isHidden ? undefined : point;
  }

  /** The recording that covers `at`: this one, or one that follows on the same grid. */
  #covering(market: SessionMarket, at: EpochMs, recordings: Recordings): SessionMarket | undefined {
    // A recording that continues was only quiet.
    const covers = (each: SessionMarket): boolean =>
      each.firstTime < at && (at <= each.lastTime + 1 || this.#isOpen(each.session));
    if (covers(market)) return market;
    return recordings.markets.find(
      (each) =>
        each.tickSize === market.tickSize && each.firstTime > market.firstTime && covers(each),
    );
  }

  #isOpen(session: string): boolean {
    return this.#sessions.isOpen(session);
  }

  #gapsOf(market: SessionMarket, { gaps }: Recordings): readonly Gap[] {
    const known = gaps.get(market.session);
    if (known !== undefined) return known;
    const read = this.#sessions.gaps(market.session, market.symbol);
    gaps.set(market.session, read);
    return read;
  }

  #keep(key: string, impact: Impact): void {
    if (this.#settled.size >= KEPT) this.#settled.clear();
    this.#settled.set(key, impact);
  }
}

type PricePoint = { readonly price: number; readonly time: EpochMs };

type Recordings = {
  /** Owners of the tape, oldest first. */
  readonly stretches: readonly {
    readonly market: SessionMarket;
    readonly from: EpochMs;
    readonly to: EpochMs;
  }[];
  /** Newest first. */
  readonly markets: readonly SessionMarket[];
  readonly gaps: Map<string, readonly Gap[]>;
};

/** Marks horizons after `now` as pending, even if trades are recorded for them. */
function masked(impact: Impact, time: EpochMs, now: EpochMs): Impact {
  if (now >= time + IMPACT_HORIZONS['5m']) return impact;
  const moves = HORIZONS.map(([horizon, ms]) => [
    horizon,
    now < time + ms ? { state: 'pending' } : impact.moves[horizon],
  ]);
  return { ...impact, moves: Object.fromEntries(moves) as Impact['moves'] };
}

function unknown(symbol: string): Impact {
  const moves = HORIZONS.map(([horizon]) => [horizon, { state: 'gap' }]);
  return {
    symbol,
    before: null,
    noiseBp: null,
    moves: Object.fromEntries(moves) as Impact['moves'],
  };
}

/** Basis points of |of| (prices may be negative), to two decimal places. */
function bpOf(ticks: number, of: number): number {
  return of === 0 ? 0 : Math.round((ticks / Math.abs(of)) * 1e6) / 100;
}
