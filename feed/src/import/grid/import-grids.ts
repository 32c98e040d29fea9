import type { DecimalScale } from '@tapedeck/market/number/decimal';

import type { DecimalPlaces } from '../../venue/decimal-places.ts';

/** The grids of an import. Steps that the user gave are never refined. */
export type ImportGrids = {
  readonly price: DecimalScale;
  readonly size: DecimalScale;
  readonly priceFixed: boolean;
  readonly sizeFixed: boolean;
};

/** A number needs a finer grid than the one found so far: the import starts over with it. */
export class FinerGridNeeded extends Error {
  override readonly name = 'FinerGridNeeded';
  readonly symbol: string;
  readonly places: DecimalPlaces;

  constructor(symbol: string, places: DecimalPlaces) {
    super(`${symbol} needs ${places.price} price and ${places.size} size decimals`);
    this.symbol = symbol;
    this.places = places;
  }
}
