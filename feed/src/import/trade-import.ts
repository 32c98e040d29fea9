import type { SessionWriter } from '@tapedeck/db/session-writer';
import type { Aggressor, EpochMs } from '@tapedeck/market/level';

import type { LinePlace, ProblemLog } from './import-problem.ts';
import { isNextId, type VenueId } from './venue-event.ts';

/** A trade on the grid. */
export type GridTrade = {
  readonly id: VenueId | undefined;
  readonly eventTime: EpochMs;
  readonly priceTicks: number;
  readonly sizeLots: number;
  readonly aggressor: Aggressor;
  readonly kind: string;
};

/** The trades of one market -> rows, numbered without holes; what the venue's ids say is missing becomes a gap. */
export class TradeImport {
  readonly #writer: SessionWriter;
  readonly #symbol: string;
  readonly #problems: ProblemLog;
  readonly #count: () => void;
  #sequence = 0;
  #last: { readonly id: VenueId; readonly time: EpochMs } | undefined;
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

  /** True for one that is here already, which is told and counted. */
  isDuplicate(id: VenueId | undefined, place: LinePlace): boolean {
    const last = this.#last;
    if (id === undefined || last === undefined || id > last.id) return false;
    this.#count();
    this.#problems.report('duplicate', place, `trade ${id} after trade ${last.id}`);
    return true;
  }

  add(trade: GridTrade, place: LinePlace): void {
    const { id, eventTime, priceTicks, sizeLots, aggressor, kind } = trade;
    const last = this.#last;
    this.#count();
    if (id !== undefined && last !== undefined && !isNextId(last.id, id)) {
      this.#problems.report('trade-gap', place, `trade ${id} follows trade ${last.id}`);
      const reason = 'trades-missing';
      const [from, to] = [last.time, Math.max(last.time, eventTime)];
      // Trades of one moment: the hole is that moment, for one without a length is none.
      const gap = { symbol: this.#symbol, from, to: Math.max(to, from + 1), reason };
      this.#writer.gap(gap, false);
    }
    if (id !== undefined) this.#last = { id, time: eventTime };
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
}
