'use client';
import dynamic from 'next/dynamic';

import type { CandleInterval } from '@tapedeck/market/candle';

import { useMedia } from '../../hooks/use-media.ts';
import type { Gap } from '../chart/gap-shading.ts';

// Each screen loads its own arrangement only.
const DeskPanes = dynamic(() => import('./desk-panes.tsx').then((m) => m.DeskPanes), {
  ssr: false,
});
const TabbedPanes = dynamic(() => import('./tabbed-panes.tsx').then((m) => m.TabbedPanes), {
  ssr: false,
});

export type TradePanesProps = {
  readonly symbol: string;
  readonly gaps?: readonly Gap[] | undefined;
  readonly interval?: CandleInterval | undefined;
};

/** The panels of one symbol, the same live and in replay: panes on a desk, tabs on a phone. */
export function TradePanes(props: TradePanesProps) {
  const small = useMedia('(max-width: 767px)');
  return small ? <TabbedPanes {...props} /> : <DeskPanes {...props} />;
}
