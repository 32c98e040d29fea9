/*
 * What the market did after a headline, by the recorded trades: its price 1 s, 10 s, 1 min and 5 min later against
 * the last trade of the minute before. Nothing is guessed: where a trade may be missing that would be the last one it
 * is a `gap`, where the time has not come it is `pending`.
 */
import type { Gap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Headline } from '@tapedeck/market/wire/event';

import type { Connection } from '../database/database.ts';
import type { SessionMarket, SessionStore } from '../session/session-store.ts';
import { TapeOwners } from '../tape/tape-owners.ts';

/** How long after a headline the price is looked at, ms. */
export const IMPACT_HORIZONS = { '1s': 1_000, '10s': 10_000, '1m': 60_000, '5m': 300_000 } as const;
export type ImpactHorizon = keyof typeof IMPACT_HORIZONS;
const HORIZONS = Object.entries(IMPACT_HORIZONS) as readonly (readonly [ImpactHorizon, number])[];

/** A move in ticks and in hundredths of a percent of the price before. */
type ImpactMove =
  | { readonly state: 'ok'; readonly ticks: number; readonly bp: number }
  | { readonly state: 'pending' | 'gap' };

/** Of one headline on one market. */
export type Impact = {
  readonly symbol: string;
  /** Last price of the minute before, ticks; null where there was no trade. */
  readonly before: number | null;
  /** Highest over lowest price of that minute, bp: a move within it is no news. */
  readonly noiseBp: number | null;
  readonly moves: Readonly<Record<ImpactHorizon, ImpactMove>>;
};

const MINUTE_MS = 60_000;
/** A headline of the whole market names every symbol: the first few tell what it did. */
const MAX_SYMBOLS = 3;
/** Impacts whose time is over do not change any more. */
const KEPT = 4_000;

export class HeadlineImpacts {
  readonly #sessions: SessionStore;
  readonly #owners: TapeOwners;
  readonly #price;
  readonly #range;
  readonly #settled = new Map<string, Impact>();

  constructor(connection: Connection, sessions: SessionStore) {
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
   * Of each headline, in their order; nothing later than `now` is looked at. `session` names the recording, else it
   * is the one whose tape it is at the headline (`tape-owners.ts`).
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
      /** Told of first, where a headline names more than are told of. */
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
    // Of two that touch the later one, which knows what followed.
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
   * The last price before `at`, if it is known that no later trade is missing: a hole before the last trade hides
   * nothing, one after it may.
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

  /** The recording that knows of `at`: this one while it lasts, else one that follows on the same grid. */
  #covering(market: SessionMarket, at: EpochMs, recordings: Recordings): SessionMarket | undefined {
    // One that goes on was only quiet.
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
  /** Whose tape it is, oldest first. */
  readonly stretches: readonly {
    readonly market: SessionMarket;
    readonly from: EpochMs;
    readonly to: EpochMs;
  }[];
  /** Newest first. */
  readonly markets: readonly SessionMarket[];
  readonly gaps: Map<string, readonly Gap[]>;
};

/** What lies after `now` is not known yet, whatever is recorded of it. */
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

/** Hundredths of a percent of the size of `of`, which may be a price below zero; to two places. */
function bpOf(ticks: number, of: number): number {
  return of === 0 ? 0 : Math.round((ticks / Math.abs(of)) * 1e6) / 100;
}
