import { isWrittenAlike } from '@tapedeck/market/grid/grid';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { TradeTuple } from '@tapedeck/market/wire/tape';

import type { TapeTrade, TapeView } from '../model/view-model.ts';

/** Rows kept in a tape; older ones are in the history. */
const TAPE_ROWS = 500;
/** Rows kept in old steps: what a panel shows without scrolling. */
const ROWS_BEFORE = 100;

/** The newest trades of a symbol, bounded, with their sums. */
export class TapeRing {
  #rows: TapeTrade[] = [];
  #notShown = 0;
  /** The grid of the prices and sizes in `#rows`. */
  #instrument: Instrument | undefined;
  #before: TapeView['before'];

  get length(): number {
    return this.#rows.length;
  }

  /** `trades` oldest first and newer than those kept; `lost` could not be recovered. */
  add(trades: readonly TradeTuple[], lost: number): void {
    this.#notShown += lost;
    for (const [sequence, eventTime, priceTicks, sizeLots, aggressor] of trades)
      this.#rows.push({ sequence, eventTime, priceTicks, sizeLots, aggressor });
    // Trimmed now and then rather than at every trade.
    if (this.#rows.length > 2 * TAPE_ROWS) this.#rows = this.#rows.slice(-TAPE_ROWS);
  }

  /**
   * A new epoch with this instrument: the rows kept do not belong to it. With other steps it is still the same market
   * (P13c), and the trades in the old ones stay visible, marked as such.
   */
  begin(instrument: Instrument | undefined): void {
    const old = this.#instrument;
    if (instrument !== undefined && old !== undefined && this.#rows.length > 0) {
      this.#before = isWrittenAlike(instrument, old)
        ? undefined
        : { rows: this.#rows.slice(-ROWS_BEFORE).toReversed(), instrument: old };
    }
    this.#instrument = instrument;
    this.#rows = [];
    this.#notShown = 0;
  }

  view(symbol: string, instrument: Instrument): TapeView {
    this.#instrument = instrument;
    const rows = this.#rows.slice(-TAPE_ROWS).toReversed();
    let boughtLots = 0;
    let soldLots = 0;
    for (const { aggressor, sizeLots } of rows) {
      if (aggressor === 'buy') boughtLots += sizeLots;
      else soldLots += sizeLots;
    }
    const before = this.#before === undefined ? {} : { before: this.#before };
    const notShown = this.#notShown;
    return { symbol, instrument, rows, notShown, ...before, boughtLots, soldLots };
  }
}
