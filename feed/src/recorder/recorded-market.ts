import type { Instrument } from '@tapedeck/market/instrument';
import type { EpochMs } from '@tapedeck/market/level';

import type { DeltaConflater } from './delta-conflater.ts';
import type { StateTrack } from './state-track.ts';

/** What a recorder remembers of one market. */
export type RecordedMarket = {
  readonly number: number;
  instrument: Instrument;
  readonly pending: DeltaConflater;
  /** Time of the last event that was handed over. */
  lastTime: EpochMs;
  readonly states: StateTrack;
  /** Set while book data is not recorded: from when on. */
  lostFrom: EpochMs | undefined;
  /** Set while trades are not recorded: from when on. */
  tradesLostFrom: EpochMs | undefined;
};
