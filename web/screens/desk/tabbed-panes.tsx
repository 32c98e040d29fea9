'use client';
import { Tabs } from '@base-ui/react/tabs';

import { useMode } from '../../live/live.ts';
import { AlertsPanel } from '../../panels/alerts/alerts-panel.tsx';
import { ChartPanel } from '../../panels/chart/chart-panel.tsx';
import { LadderPanel } from '../../panels/ladder/ladder-panel.tsx';
import { NewsPanel } from '../../panels/news/news-panel.tsx';
import { TapePanel } from '../../panels/tape/tape-panel.tsx';
import type { TradePanesProps } from './trade-panes-props.ts';

const TABS = ['Chart', 'Book', 'Tape', 'News', 'Alerts'] as const;

/** One panel at a time, for touch and a width of 390 px. */
export function TabbedPanes({ symbol, gaps, interval }: TradePanesProps) {
  const replay = useMode() === 'replay';
  // Alerts are not evaluated on a recording, so there is no tab for them.
  const tabs = replay ? TABS.filter((tab) => tab !== 'Alerts') : TABS;
  return (
    <Tabs.Root defaultValue="Chart" className="flex min-h-0 flex-1 flex-col">
      <Tabs.Panel value="Chart" className="min-h-0 flex-1">
        <ChartPanel symbol={symbol} gaps={gaps} interval={interval} />
      </Tabs.Panel>
      <Tabs.Panel value="Book" className="min-h-0 flex-1">
        <LadderPanel symbol={symbol} />
      </Tabs.Panel>
      <Tabs.Panel value="Tape" className="min-h-0 flex-1">
        <TapePanel symbol={symbol} />
      </Tabs.Panel>
      <Tabs.Panel value="News" className="min-h-0 flex-1">
        <NewsPanel symbols={[symbol]} />
      </Tabs.Panel>
      <Tabs.Panel value="Alerts" className="min-h-0 flex-1">
        <AlertsPanel symbol={symbol} />
      </Tabs.Panel>
      <Tabs.List
        aria-label="Panels"
        className="flex h-11 shrink-0 items-stretch border-t border-line bg-bg"
      >
        {tabs.map((tab) => (
          <Tabs.Tab
            key={tab}
            value={tab}
            className="flex-1 text-body text-faint data-[active]:bg-surface data-[active]:font-semibold data-[active]:text-text"
          >
            {tab}
          </Tabs.Tab>
        ))}
      </Tabs.List>
    </Tabs.Root>
  );
}
