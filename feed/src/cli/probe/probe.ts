/* One market of one venue for some seconds: the connector and the engine of a feed, without history or server. */
import { DecimalScale } from '@tapedeck/market/number/decimal';
import type { Level } from '@tapedeck/market/number/level';
import type { Random } from '@tapedeck/market/number/random';
import type { Clock, MonotonicMs } from '@tapedeck/market/time/clock';

import { Ingest } from '../../engine/ingest.ts';
import { MarketEngine } from '../../engine/market-engine.ts';
import type { SymbolMarket } from '../../engine/symbol-market.ts';
import { withRegion } from '../../source/venue/trouble-text.ts';
import type { Origins } from '../../source/venue/venue-connector.ts';
import { VenueSource } from '../../source/venue/venue-source.ts';
import type { Wire } from '../../source/venue/wire/wire.ts';
import type { LiveVenue } from '../../venue/live-venue.ts';
import type { ProbeReport } from './probe-report.ts';
import { ProbeWire } from './probe-wire.ts';

/** Of the status log: an outage repeats itself. */
const MOST_TOLD = 20;

/** Before the source has started. */
const NOTHING = {
  ...{ messages: 0, bytes: 0, missingTrades: 0 },
  ...{ clockOffsetMs: undefined, audits: { done: 0, failed: 0 } },
};
const NO_AUDITS = { made: 0, mismatched: 0 };

export class Probe {
  readonly done: Promise<void>;
  readonly #venue: LiveVenue;
  readonly #id: string;
  readonly #origins: Origins;
  readonly #clock: Clock;
  readonly #wire: ProbeWire;
  readonly #source: VenueSource;
  readonly #engine: MarketEngine;
  readonly #told: string[] = [];
  readonly #startedAt: MonotonicMs;
  readonly #end = Promise.withResolvers<void>();
  #okAt: MonotonicMs | undefined;

  constructor(options: {
    readonly venue: LiveVenue;
    readonly id: string;
    readonly origins: Origins;
    readonly wire: Wire;
    readonly clock: Clock;
    readonly random: Random;
    readonly seconds: number;
  }) {
    const { venue, id, origins, clock, random } = options;
    this.#venue = venue;
    this.#id = id;
    this.#origins = origins;
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
    this.#wire = new ProbeWire(options.wire, clock);
    let lives = 0;
    this.#engine = new MarketEngine({ clock, nextEpoch: () => `${++lives}`, candles: () => [] });
    this.#engine.listen({
      state: ({ state }) => {
        if (state === 'ok') this.#okAt ??= clock.monotonic();
      },
    });
    const ingest = new Ingest(this.#engine, (event) => {
      if (event.type === 'status' && this.#told.length < MOST_TOLD) this.#told.push(event.message);
    });
    const wanted = [{ venue, origins, markets: [id] }];
    this.#source = new VenueSource({ wanted, wire: this.#wire, clock, random });
    this.done = this.#end.promise;
    clock.after(options.seconds * 1_000, () => this.stop());
    this.#source.start(ingest.sink);
  }

  /** Before its time: the report is about what came until then. */
  stop(): void {
    this.#end.resolve();
  }

  close(): void {
    this.#source.close();
  }

  report(): ProbeReport {
    const { firstFrameAt } = this.#wire;
    const connector = this.#source.connector(this.#venue.venue);
    const { messages, bytes, missingTrades, clockOffsetMs, audits } =
      connector?.meter.report() ?? NOTHING;
    const now = this.#clock.monotonic();
    const seconds = firstFrameAt === undefined ? 0 : Math.max(0.001, (now - firstFrameAt) / 1_000);
    const rate = (count: number): number => (seconds === 0 ? 0 : Math.round(count / seconds));
    const { made, mismatched: failed } = this.#source.audits(this.#symbol) ?? NO_AUDITS;
    const market = this.#engine.market(this.#symbol);
    return {
      symbol: this.#symbol,
      hosts: this.#origins,
      seconds: Math.round((now - this.#startedAt) / 100) / 10,
      ok: this.#okAt !== undefined,
      reason: this.#okAt === undefined ? this.#reason() : null,
      ...{ frames: messages, bytes },
      ...{ framesPerSecond: rate(messages), bytesPerSecond: rate(bytes) },
      trades: { seen: market?.tradeCount ?? 0, missing: missingTrades },
      book: this.#book(market),
      proof: {
        loss: this.#venue.capability.loss,
        // The meter counts both kinds of checks.
        checksums: {
          made: audits.done - made,
          failed: audits.failed - failed,
        },
        audits: { made, failed },
      },
      clockOffsetMs: clockOffsetMs ?? null,
      links: (connector?.links ?? []).map(({ path, state }) => ({ path, state })),
      told: this.#told,
    };
  }

  get #symbol(): string {
    return `${this.#id}@${this.#venue.venue}`;
  }

  #book(market: SymbolMarket | undefined): ProbeReport['book'] {
    const okAfterMs = this.#okAt === undefined ? null : Math.round(this.#okAt - this.#startedAt);
    const none = { bids: 0, asks: 0, bestBid: null, bestAsk: null, deltas: 0, gaps: 0 };
    if (market === undefined) return { state: 'none', okAfterMs, ...none };
    const { book, state, instrument, deltaCount: deltas, gapCount: gaps } = market;
    const price = new DecimalScale(instrument.tickSize);
    const size = new DecimalScale(instrument.lotSize);
    const best = (level: Level | undefined) =>
      level === undefined
        ? null
        : { price: price.toPlainText(level[0]), size: size.toPlainText(level[1]) };
    const [bids, asks] = [book.bids.length, book.asks.length];
    const [bestBid, bestAsk] = [best(book.bestBid), best(book.bestAsk)];
    return { state, okAfterMs, bids, asks, bestBid, bestAsk, deltas, gaps };
  }

  /** In the venue's words as far as it gave any, and what to do. */
  #reason(): string {
    const { venue } = this.#venue;
    const connector = this.#source.connector(venue);
    const [ban] = connector?.bans ?? [];
    const state = this.#engine.market(this.#symbol)?.state;
    const problem = this.#source.problemOf(this.#symbol);
    if (problem !== undefined && !problem.startsWith('no connection'))
      return `${problem}; \`tapedeck instruments ${venue}\` lists what it has`;
    if (ban !== undefined)
      return `${ban.host} answers ${ban.status}: nothing may be sent there until ${new Date(ban.until).toISOString()}`;
    if (problem !== undefined) return problem;
    if (this.#wire.trouble !== undefined) return withRegion(this.#wire.trouble);
    if (this.#wire.firstFrameAt === undefined) return 'nothing came over the socket in that time';
    return `the book is ${state ?? 'not announced'}: what came was not enough for a whole one`;
  }
}
