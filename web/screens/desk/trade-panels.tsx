'use client';
import type { ReactNode } from 'react';

import { AlertsPanel } from '../../panels/alerts/alerts-panel.tsx';
import { ChartPanel } from '../../panels/chart/chart-panel.tsx';
import { LadderPanel } from '../../panels/ladder/ladder-panel.tsx';
import { NewsPanel } from '../../panels/news/news-panel.tsx';
import { TapePanel } from '../../panels/tape/tape-panel.tsx';
import type { TradePanesProps } from './trade-panes-props.ts';

export type TradePanel = {
  /** Of its pane on a desk: under it the browser keeps the pane's size. */
  readonly id: string;
  /** Its tab on a phone. */
  readonly tab: string;
  readonly show: (props: TradePanesProps) => ReactNode;
  /** On a desk: left above, left below, or in a column of its own on the right. */
  readonly place: 'above' | 'below' | 'column';
  /** Of its pane, if it shares its place; columns always have one. A number is in pixels. */
  readonly defaultSize?: string;
  readonly minSize?: string | number;
  /** It has nothing to show of a recording. */
  readonly isLiveOnly?: true;
};

/** The panels of one symbol, in the order of the tabs. */
const TRADE_PANELS: readonly TradePanel[] = [
  {
    id: 'candles',
    tab: 'Chart',
    show: ({ symbol, gaps, interval, source }) => (
      <ChartPanel symbol={symbol} gaps={gaps} interval={interval} source={source} />
    ),
    place: 'above',
  },
  // Below their least widths the figures of a row touch each other, or are cut and read as smaller numbers.
  {
    id: 'ladder',
    tab: 'Book',
    show: ({ symbol }) => <LadderPanel symbol={symbol} />,
    place: 'column',
    defaultSize: '24%',
    minSize: 286,
  },
  {
    id: 'tape',
    tab: 'Tape',
    show: ({ symbol, gaps }) => <TapePanel symbol={symbol} gaps={gaps} />,
    place: 'column',
    defaultSize: '19%',
    minSize: 232,
  },
  {
    id: 'news',
    tab: 'News',
    show: ({ symbol }) => <NewsPanel symbols={[symbol]} />,
    place: 'below',
    defaultSize: '45%',
    minSize: '20%',
  },
  {
    id: 'alerts',
    tab: 'Alerts',
    show: ({ symbol }) => <AlertsPanel symbol={symbol} />,
    place: 'below',
    defaultSize: '55%',
    minSize: '20%',
    isLiveOnly: true,
  },
];

export function tradePanels(mode: 'live' | 'replay'): readonly TradePanel[] {
  return TRADE_PANELS.filter(({ isLiveOnly }) => mode === 'live' || isLiveOnly !== true);
}
