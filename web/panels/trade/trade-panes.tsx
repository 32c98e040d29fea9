'use client';
import { Tabs } from '@base-ui/react/tabs';
import { Group, Panel as Pane, Separator } from 'react-resizable-panels';

import { useMedia } from '../../hooks/use-media.ts';
import { useMode } from '../../live/live.ts';
import { AlertsPanel } from '../alerts/alerts-panel.tsx';
import { ChartPanel } from '../chart/chart-panel.tsx';
import type { Gap } from '../chart/gap-shading.ts';
import { LadderPanel } from '../ladder/ladder-panel.tsx';
import { NewsPanel } from '../news/news-panel.tsx';
import { TapePanel } from '../tape/tape-panel.tsx';

export type TradePanesProps = {
  readonly symbol: string;
  readonly gaps?: readonly Gap[] | undefined;
};

/** The panels of one symbol, the same live and in replay: panes on a desk, tabs on a phone. */
export function TradePanes(props: TradePanesProps) {
  const small = useMedia('(max-width: 767px)');
  return small ? <TabbedPanes {...props} /> : <DeskPanes {...props} />;
}

function DeskPanes({ symbol, gaps }: TradePanesProps) {
  const replay = useMode() === 'replay';
  return (
    <Group orientation="horizontal" className="min-h-0 flex-1" id="trade">
      <Pane id="left" defaultSize="60%" minSize="30%">
        <Group orientation="vertical" id="trade-left">
          <Pane id="chart" defaultSize="70%" minSize="25%">
            <ChartPanel symbol={symbol} gaps={gaps} />
          </Pane>
          <Separator className="pane-separator" />
          <Pane id="below" defaultSize="30%" minSize="10%">
            {replay ? (
              <NewsPanel symbols={[symbol]} />
            ) : (
              <Group orientation="horizontal" id="trade-below">
                <Pane id="news" defaultSize="45%" minSize="20%">
                  <NewsPanel symbols={[symbol]} />
                </Pane>
                <Separator className="pane-separator" />
                <Pane id="alerts" defaultSize="55%" minSize="20%">
                  <AlertsPanel symbol={symbol} />
                </Pane>
              </Group>
            )}
          </Pane>
        </Group>
      </Pane>
      <Separator className="pane-separator" />
      <Pane id="ladder" defaultSize="23%" minSize="15%">
        <LadderPanel symbol={symbol} />
      </Pane>
      <Separator className="pane-separator" />
      <Pane id="tape" defaultSize="17%" minSize="12%">
        <TapePanel symbol={symbol} />
      </Pane>
    </Group>
  );
}

const TABS = ['Chart', 'Book', 'Tape', 'News', 'Alerts'] as const;

function TabbedPanes({ symbol, gaps }: TradePanesProps) {
  const replay = useMode() === 'replay';
  // No alert is evaluated on a recording: a tab for it would promise one.
  const tabs = replay ? TABS.filter((tab) => tab !== 'Alerts') : TABS;
  return (
    <Tabs.Root defaultValue="Chart" className="flex min-h-0 flex-1 flex-col">
      <Tabs.Panel value="Chart" className="min-h-0 flex-1">
        <ChartPanel symbol={symbol} gaps={gaps} />
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
