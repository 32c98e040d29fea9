import type { CandleInterval } from '@tapedeck/market/tape/candle';

import type { ChartGap } from '../../panels/chart/gap-shading.ts';

/** What each arrangement of the panels of one symbol is given. */
export type TradePanesProps = {
  readonly symbol: string;
  readonly gaps?: readonly ChartGap[] | undefined;
  readonly interval?: CandleInterval | undefined;
};
