'use client';
import { Group, Panel as Pane, Separator } from 'react-resizable-panels';

import { useKeptLayout } from '../../hooks/use-kept-layout.ts';
import { useMode } from '../../live/live.ts';
import { AlertsPanel } from '../../panels/alerts/alerts-panel.tsx';
import { ChartPanel } from '../../panels/chart/chart-panel.tsx';
import { LadderPanel } from '../../panels/ladder/ladder-panel.tsx';
import { NewsPanel } from '../../panels/news/news-panel.tsx';
import { TapePanel } from '../../panels/tape/tape-panel.tsx';
import type { TradePanesProps } from './trade-panes-props.ts';

/** Below these widths the figures of a row touch each other, or are cut and read as smaller numbers. */
const LADDER_PX = 286;
const TAPE_PX = 232;

/** Chart over news and alerts on the left, ladder and tape on the right; every border can be dragged. */
export function DeskPanes({ symbol, gaps, interval }: TradePanesProps) {
  const replay = useMode() === 'replay';
  const trade = useKeptLayout('trade');
  const left = useKeptLayout('trade-left');
  const below = useKeptLayout('trade-below');
  return (
    <Group orientation="horizontal" className="min-h-0 flex-1" {...trade}>
      <Pane id="pane-left" defaultSize="57%" minSize="25%">
        <Group orientation="vertical" {...left}>
          <Pane id="pane-chart" defaultSize="70%" minSize="25%">
            <ChartPanel symbol={symbol} gaps={gaps} interval={interval} />
          </Pane>
          <Separator className="pane-separator" />
          <Pane id="pane-below" defaultSize="30%" minSize="10%">
            {replay ? (
              <NewsPanel symbols={[symbol]} />
            ) : (
              <Group orientation="horizontal" {...below}>
                <Pane id="pane-news" defaultSize="45%" minSize="20%">
                  <NewsPanel symbols={[symbol]} />
                </Pane>
                <Separator className="pane-separator" />
                <Pane id="pane-alerts" defaultSize="55%" minSize="20%">
                  <AlertsPanel symbol={symbol} />
                </Pane>
              </Group>
            )}
          </Pane>
        </Group>
      </Pane>
      <Separator className="pane-separator" />
      {/* Ladder and tape keep their width in pixels: when a narrow window grows again, the chart takes the room. */}
      <Pane
        id="pane-ladder"
        defaultSize="24%"
        minSize={LADDER_PX}
        groupResizeBehavior="preserve-pixel-size"
      >
        <LadderPanel symbol={symbol} />
      </Pane>
      <Separator className="pane-separator" />
      <Pane
        id="pane-tape"
        defaultSize="19%"
        minSize={TAPE_PX}
        groupResizeBehavior="preserve-pixel-size"
      >
        <TapePanel symbol={symbol} />
      </Pane>
    </Group>
  );
}
