import type { Instrument } from '@tapedeck/market/instrument';
import type { TradeTuple } from '@tapedeck/market/wire/tape';

import type { TapeRow, TapeView } from '../view-model.ts';

/** Rows that a tape keeps; older ones are in the history. */
export const TAPE_ROWS = 500;

/** The newest trades of a symbol, bounded, with the sums of what is kept. */
export class TapeRing {
  #rows: TapeRow[] = [];
  #notShown = 0;

  get length(): number {
    return this.#rows.length;
  }

  /** `trades` oldest first and newer than those kept; `lost` could not be had. */
  add(trades: readonly TradeTuple[], lost: number): void {
    this.#notShown += lost;
    for (const [sequence, eventTime, priceTicks, sizeLots, aggressor] of trades)
      this.#rows.push({ sequence, eventTime, priceTicks, sizeLots, aggressor });
    // Trimmed rarely rather than at each trade.
    if (this.#rows.length > 2 * TAPE_ROWS) this.#rows = this.#rows.slice(-TAPE_ROWS);
  }

  /** Another life of the stream: nothing that is kept belongs to it. */
  clear(): void {
    this.#rows = [];
    this.#notShown = 0;
  }

  view(symbol: string, instrument: Instrument): TapeView {
    const rows = this.#rows.slice(-TAPE_ROWS).toReversed();
    let boughtLots = 0;
    let soldLots = 0;
    for (const { aggressor, sizeLots } of rows) {
      if (aggressor === 'buy') boughtLots += sizeLots;
      else soldLots += sizeLots;
    }
    return { symbol, instrument, rows, notShown: this.#notShown, boughtLots, soldLots };
  }
}
