import type { CandleInterval } from '@tapedeck/market/tape/candle';

import type { ChartGap } from '../../panels/chart/chart-gap.ts';

/** Props of both arrangements of one symbol's panels. */
export type TradePanesProps = {
  readonly symbol: string;
  readonly gaps?: readonly ChartGap[] | undefined;
  readonly interval?: CandleInterval | undefined;
  /** `venue`: all candles are what a venue told of the time before the recording. */
  readonly source?: 'venue' | undefined;
};
