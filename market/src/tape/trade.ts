import type { Aggressor, EpochMs } from '../number/level.ts';

/**
 * One public trade. `sequence` increases by one per trade of a symbol within an epoch, so that a gap is detectable.
 */
export type Trade = {
  readonly sequence: number;
  readonly eventTime: EpochMs;
  readonly priceTicks: number;
  readonly sizeLots: number;
  readonly aggressor: Aggressor;
};
