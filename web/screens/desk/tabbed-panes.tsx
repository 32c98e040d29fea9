'use client';
import { Tabs } from '@base-ui/react/tabs';

import { useMode } from '../../live/live.ts';
import { tradePanels } from './trade-panels.tsx';
import type { TradePanesProps } from './trade-panes-props.ts';

/** One panel at a time, for touch and a width of 390 px. */
export function TabbedPanes(props: TradePanesProps) {
  const panels = tradePanels(useMode());
  return (
    <Tabs.Root defaultValue="Chart" className="flex min-h-0 flex-1 flex-col">
      {panels.map(({ id, tab, show }) => (
        <Tabs.Panel key={id} value={tab} className="min-h-0 flex-1">
          {show(props)}
        </Tabs.Panel>
      ))}
      <Tabs.List
        aria-label="Panels"
        className="flex h-11 shrink-0 items-stretch border-t border-line bg-bg"
      >
        {panels.map(({ id, tab }) => (
          <Tabs.Tab
            key={id}
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
