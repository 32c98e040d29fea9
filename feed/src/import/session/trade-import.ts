import type { SessionWriter } from '@tapedeck/db/recording/session-writer';
import type { Aggressor, EpochMs } from '@tapedeck/market/number/level';

import type { VenueId } from '../../venue/venue-event.ts';
import type { LinePlace, ProblemLog } from '../read/import-problem.ts';
import { type IdHole, type IdSpan, TradeIds } from './trade-ids.ts';

/** A trade on the grid. */
export type GridTrade = {
  readonly id: VenueId | undefined;
  /** First id of the trades that the venue sent as one, `id` being the last; undefined for a single trade. */
  readonly firstId?: VenueId | undefined;
  readonly eventTime: EpochMs;
  readonly priceTicks: number;
  readonly sizeLots: number;
  readonly aggressor: Aggressor;
  readonly kind: string;
};

/**
 * The trades of one market -> rows, numbered without holes; ids missing from the venue's numbering become a gap. A
 * trade is a duplicate if its id came before with the same time, price, size and side. One id with two different
 * trades is two trades, and reported. Single trades and aggregates of the same trades are one tape: what comes second
 * is left out.
 */
export class TradeImport {
  readonly #writer: SessionWriter;
  readonly #symbol: string;
  readonly #problems: ProblemLog;
  readonly #count: () => void;
  /** Ids of all trades seen. */
  readonly #tape = new TradeIds((hole) => this.#tellHole(hole));
  /** Ids seen in aggregates. */
  readonly #aggregated = new TradeIds(() => undefined);
  #hasAggregates = false;
  #sequence = 0;
  #lastTime: EpochMs = 0;

  constructor(settings: {
    readonly writer: SessionWriter;
    readonly symbol: string;
    readonly problems: ProblemLog;
    /** Called for every trade of the source, recorded or not. */
    readonly count: () => void;
  }) {
    this.#writer = settings.writer;
    this.#symbol = settings.symbol;
    this.#problems = settings.problems;
    this.#count = settings.count;
  }

  get lastTime(): EpochMs {
    return this.#lastTime;
  }

  /** After the last trade. */
  finish(): void {
    this.#tape.finish();
  }

  add(trade: GridTrade, place: LinePlace): void {
    const { id, firstId, eventTime, priceTicks, sizeLots, aggressor, kind } = trade;
    this.#count();
    if (id !== undefined && !this.#isNew({ first: firstId ?? id, last: id }, trade, place)) return;
    this.#lastTime = Math.max(this.#lastTime, eventTime);
    if (kind !== 'MARKET') {
      const detail = `trade ${id ?? ''} is ${kind}, not MARKET`;
      this.#problems.report('unknown-trade-type', place, detail);
      return;
    }
    if (sizeLots <= 0) {
      this.#problems.report('bad-line', place, `trade ${id ?? ''} has a size of ${sizeLots} lots`);
      return;
    }
    const sequence = ++this.#sequence;
    this.#writer.trade(this.#symbol, { sequence, eventTime, priceTicks, sizeLots, aggressor });
  }

  /** False for a trade already recorded, which is reported. */
  #isNew(span: IdSpan, trade: GridTrade, place: LinePlace): boolean {
    const isAggregate = trade.firstId !== undefined;
    const wasAggregated = this.#hasAggregates && this.#aggregated.has(span);
    if (isAggregate) {
      this.#hasAggregates = true;
      this.#aggregated.take(span, trade.eventTime, place);
    }
    if (this.#tape.take(span, trade.eventTime, place)) {
      const name = isAggregate ? `trades ${span.first} to ${span.last}` : `trade ${span.last}`;
      if (wasAggregated !== isAggregate) {
        const told = isAggregate ? 'one by one' : 'as part of an aggregate';
        const detail = `${name} already imported ${told}: trades and aggTrades of one market are the same tape, which counts once`;
        this.#problems.report('duplicate', place, detail);
        return false;
      }
      if (trade.kind !== 'MARKET' || this.#writer.holdsTrade(this.#symbol, trade)) {
        this.#problems.report('duplicate', place, `${name} is already there`);
        return false;
      }
      const detail = `${name}: the same id for two different trades; both are kept`;
      this.#problems.report('trade-id', place, detail);
    }
    return true;
  }

  #tellHole({ before, after, place, time }: IdHole): void {
    this.#problems.report('trade-gap', place, `trade ${after} follows trade ${before}`);
    if (time === undefined) return;
    const { from, to } = time;
    // All at one time: the hole is that millisecond, because a hole without length is none.
    const gap = { symbol: this.#symbol, from, to: Math.max(to, from + 1) };
    this.#writer.gap({ ...gap, reason: 'trades-missing' }, false);
  }
}
