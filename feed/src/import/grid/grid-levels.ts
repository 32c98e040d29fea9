import type { TextLevel } from '@tapedeck/market/book/text-level';
import { DecimalError, type DecimalScale } from '@tapedeck/market/number/decimal';
import type { Level } from '@tapedeck/market/number/level';

import type { GridLevels } from '../../venue/venue-book.ts';
import type { ImportGrids } from './import-grids.ts';

/** True for a size of more lots than an integer can hold (P1). */
export function isUncountable(level: TextLevel, size: DecimalScale): boolean {
  return Number(level[1]) > Number.MAX_SAFE_INTEGER * Number(size.step);
}

/**
 * Both sides on the grid. A level whose size cannot be counted is reported and left out: a book with it is not exact.
 * @throws DecimalError before anything is changed.
 */
export function gridLevels(
  text: GridLevels['text'],
  grids: ImportGrids,
  onUncountable: (level: TextLevel) => void,
): GridLevels {
  const { price, size } = grids;
  const lotsOf = (level: TextLevel): number => {
    try {
      return size.toUnits(level[1]);
    } catch (error) {
      if (!isUncountable(level, size)) throw error;
      onUncountable(level);
      return 0;
    }
  };
  const side = (levels: readonly TextLevel[]): readonly Level[] => {
    const result: Level[] = new Array<Level>(levels.length);
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i] as TextLevel;
      const lots = lotsOf(level);
      if (lots < 0) throw new DecimalError(`size "${level[1]}" is negative`);
      result[i] = [price.toUnits(level[0]), lots];
    }
    return result;
  };
  const bids = side(text.bids);
  return { bids, asks: side(text.asks), text };
}
