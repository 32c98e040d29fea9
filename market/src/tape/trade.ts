import type { Aggressor, EpochMs } from '../number/level.ts';

/**
 * One public execution. `sequence` counts the trades of a symbol within an epoch, +1 each, so that a hole shows.
 */
export type Trade = {
  readonly sequence: number;
  readonly eventTime: EpochMs;
  readonly priceTicks: number;
  readonly sizeLots: number;
  readonly aggressor: Aggressor;
};
