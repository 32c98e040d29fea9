'use client';
import dynamic from 'next/dynamic';
import { memo } from 'react';

import { useMedia } from '../../hooks/use-media.ts';
import type { TradePanesProps } from './trade-panes-props.ts';

// Each screen size loads only its own arrangement.
const DeskPanes = dynamic(() => import('./desk-panes.tsx').then((m) => m.DeskPanes), {
  ssr: false,
});
const TabbedPanes = dynamic(() => import('./tabbed-panes.tsx').then((m) => m.TabbedPanes), {
  ssr: false,
});

/**
 * The panels of one symbol, the same live and in replay: panes on a desk, tabs on a phone. The parent renders on
 * every tick of a replay's clock; memo keeps the panels out of that.
 */
export const TradePanes = memo(function TradePanes(props: TradePanesProps) {
  const small = useMedia('(max-width: 767px)');
  return small ? <TabbedPanes {...props} /> : <DeskPanes {...props} />;
});
