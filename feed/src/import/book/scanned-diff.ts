import type { DeltaNumbers } from '@tapedeck/db/segment/segment-builder';
import type { EpochMs, Level } from '@tapedeck/market/number/level';

import type { GridDiff, GridLevels } from '../../venue/venue-book.ts';
import type { LineScanner } from '../format/recording-format.ts';

/** Books that check the venue's own text are not scanned. */
const NO_TEXT: GridLevels['text'] = { bids: [], asks: [] };

/**
 * A diff whose levels are still in the scanner: valid until the next line. To keep it longer, copy it with its levels
 * (`{ ...diff }` does not: they are made on demand).
 */
export class ScannedDiff implements GridDiff {
  readonly firstId: number;
  readonly lastId: number;
  readonly previousId: number | undefined;
  readonly eventTime: EpochMs;
  readonly text = NO_TEXT;
  readonly #scanner: LineScanner;

  constructor(scanner: LineScanner) {
    this.#scanner = scanner;
    this.firstId = scanner.firstId;
    this.lastId = scanner.lastId;
    this.previousId = scanner.previousId;
    this.eventTime = scanner.eventTime;
  }

  get bids(): readonly Level[] {
    return this.#scanner.levels.levels(0, this.#scanner.bidCount);
  }

  get asks(): readonly Level[] {
    return this.#scanner.levels.levels(this.#scanner.bidCount, this.#scanner.levels.length);
  }

  get numbers(): DeltaNumbers {
    const { levels, bidCount } = this.#scanner;
    return { values: levels.values, at: 0, bidCount, askCount: levels.length - bidCount };
  }
}
