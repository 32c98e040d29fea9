import type { Grid } from '@tapedeck/market/grid/grid';
import { commonGrid, isWrittenAlike } from '@tapedeck/market/grid/grid';
import { DecimalError, DecimalScale } from '@tapedeck/market/number/decimal';

import { type DecimalPlaces, placesOf } from '../../../venue/decimal-places.ts';
import { stepOfPlaces } from '../../../venue/json-fields.ts';
import type { VenueEvent } from '../../../venue/venue-event.ts';

/** The grid of one market. A finer value refines it, it never gets coarser, and nothing is rounded (V5a). */
export class LiveGrid {
  readonly grid: Grid;
  readonly price: DecimalScale;
  readonly size: DecimalScale;

  constructor(grid: Grid) {
    this.grid = grid;
    this.price = new DecimalScale(grid.tickSize);
    this.size = new DecimalScale(grid.lotSize);
  }

  /**
   * With the steps that the venue states now; undefined if it has them. It never gets coarser: every price that fits
   * coarser steps fits these.
   */
  with(stated: Grid): LiveGrid | undefined {
    const common = commonGrid([this.grid, stated]);
    return isWrittenAlike(common, this.grid) ? undefined : new LiveGrid(common);
  }

  /** The grid that an event needs, if the venue states none. */
  static of(event: VenueEvent): LiveGrid {
    return new LiveGrid(gridOf(placesOf(event)));
  }

  /** A finer grid that the event fits as well; undefined if this one is already fine enough. */
  refined(event: VenueEvent): LiveGrid | undefined {
    const needed = gridOf(placesOf(event));
    const grid = commonGrid([this.grid, needed]);
    return grid.tickSize === this.grid.tickSize && grid.lotSize === this.grid.lotSize
      ? undefined
      : new LiveGrid(grid);
  }

  lots(text: string): number {
    const lots = this.size.toUnits(text);
    if (lots < 0) throw new DecimalError(`size "${text}" is negative`);
    return lots;
  }
}

function gridOf({ price, size }: DecimalPlaces): Grid {
  return { tickSize: stepOfPlaces(price), lotSize: stepOfPlaces(size) };
}
