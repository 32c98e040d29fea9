import type { SessionWriter } from '@tapedeck/db/recording/session-writer';
import { type Candle, type CandleInterval, INTERVAL_MS } from '@tapedeck/market/tape/candle';

import type { VenueCandle } from '../../venue/venue-event.ts';
import type { ImportGrids } from '../grid/import-grids.ts';
import type { LinePlace, ProblemLog } from '../read/import-problem.ts';

type Series = {
  /** Open time of the newest row. */
  newest: number;
  /** What the rows said, by open time. */
  readonly rows: Map<number, string>;
};

/** Of one interval: two years of minutes. Beyond it the oldest rows are no longer compared. */
const MAX_KEPT = 1_100_000;

/**
 * The candles of one market -> rows. A row that repeats another is a duplicate; one that contradicts another makes its
 * interval a gap, since nobody knows which is right. If the recording has a row for every interval, traded or not, one
 * that is missing is a gap, too.
 */
export class CandleImport {
  readonly #writer: SessionWriter;
  readonly #symbol: string;
  readonly #grids: ImportGrids;
  readonly #problems: ProblemLog;
  readonly #count: () => void;
  readonly #series = new Map<CandleInterval, Series>();

  constructor(settings: {
    readonly writer: SessionWriter;
    readonly symbol: string;
    readonly grids: ImportGrids;
    readonly problems: ProblemLog;
    /** Called for every candle that is recorded. */
    readonly count: () => void;
  }) {
    this.#writer = settings.writer;
    this.#symbol = settings.symbol;
    this.#grids = settings.grids;
    this.#problems = settings.problems;
    this.#count = settings.count;
  }

  /** @throws DecimalError if a number does not fit the grid. */
  add(event: VenueCandle, place: LinePlace): void {
    const { price, size } = this.#grids;
    const { interval, openTime, trades } = event;
    const [open, high, low, close] = [event.open, event.high, event.low, event.close].map((text) =>
      price.toUnits(text),
    ) as [number, number, number, number];
    if (high < Math.max(open, low, close) || low > Math.min(open, close)) {
      const text = `open ${event.open}, high ${event.high}, low ${event.low}, close ${event.close}`;
      this.#problems.report('bad-line', place, `not a candle: ${text}`);
      return;
    }
    const volume = size.toUnits(event.volume);
    const buyVolume = size.toUnits(event.buyVolume);
    const candle = { openTime, open, high, low, close, volume, buyVolume, trades };
    if (!this.#isNew(event, candle, place)) return;
    // An interval without a trade has no candle.
    if (event.isComplete === true && trades === 0) return;
    this.#writer.candle(this.#symbol, interval, candle);
    this.#count();
  }

  /** False for a row of an interval that has one already, which is reported. */
  #isNew(
    { interval, openTime, isComplete }: VenueCandle,
    candle: Candle,
    place: LinePlace,
  ): boolean {
    const length = INTERVAL_MS[interval];
    const series = this.#series.get(interval) ?? { newest: openTime - length, rows: new Map() };
    this.#series.set(interval, series);
    const { rows, newest } = series;
    const row = Object.values(candle).join(' ');
    const known = rows.get(openTime);
    const name = `candle ${interval} of ${openTime}`;
    if (known !== undefined) {
      if (known === row) this.#problems.report('duplicate', place, `${name} is already there`);
      else {
        this.#problems.report('candle-gap', place, `${name} contradicts an earlier row of it`);
        this.#gap(openTime, openTime + length);
      }
      return false;
    }
    rows.set(openTime, row);
    if (rows.size > MAX_KEPT) rows.delete(rows.keys().next().value ?? openTime);
    if (openTime <= newest) return true;
    series.newest = openTime;
    const expected = newest + length;
    if (isComplete === true && openTime > expected) {
      const count = Math.round((openTime - expected) / length);
      const detail = `${count} of ${interval} missing between ${newest} and ${openTime}`;
      this.#problems.report('candle-gap', place, detail);
      this.#gap(expected, openTime);
    }
    return true;
  }

  #gap(from: number, to: number): void {
    this.#writer.gap({ symbol: this.#symbol, from, to, reason: 'trades-missing' }, false);
  }
}
