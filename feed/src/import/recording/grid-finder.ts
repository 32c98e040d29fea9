import { DecimalScale } from '@tapedeck/market/number/decimal';

import { type DecimalPlaces, NO_PLACES, widerPlaces } from '../../venue/decimal-places.ts';
import type { ImportGrids } from '../grid/import-grids.ts';
import type { RecordingSample } from './recording-sample.ts';

/** The grids of each market: as given, or the coarsest that fit everything met so far. */
export class GridFinder {
  readonly #given: {
    readonly tickSize?: string | undefined;
    readonly lotSize?: string | undefined;
  };
  readonly #places = new Map<string, DecimalPlaces>();

  constructor(
    given: { readonly tickSize?: string | undefined; readonly lotSize?: string | undefined },
    files: readonly RecordingSample[],
  ) {
    this.#given = given;
    for (const file of files) {
      for (const [name, places] of file.places) {
        const market = file.market?.market ?? name;
        if (name === '' || name === market) this.refine(`${market}@${file.venue}`, places);
      }
    }
  }

  refine(symbol: string, places: DecimalPlaces): void {
    this.#places.set(symbol, widerPlaces(this.#places.get(symbol) ?? NO_PLACES, places));
  }

  of(symbol: string): ImportGrids {
    const { tickSize, lotSize } = this.#given;
    const places = this.#places.get(symbol) ?? NO_PLACES;
    return {
      price: new DecimalScale(tickSize ?? stepOf(places.price)),
      size: new DecimalScale(lotSize ?? stepOf(places.size)),
      priceFixed: tickSize !== undefined,
      sizeFixed: lotSize !== undefined,
    };
  }
}

/** The power of ten with this many decimal places: the smallest step that fits everything met. */
function stepOf(places: number): string {
  return places === 0 ? '1' : `0.${'0'.repeat(places - 1)}1`;
}
