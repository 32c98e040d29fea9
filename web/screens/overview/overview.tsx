'use client';
import { useMemo } from 'react';
import { Group, Panel as Pane, Separator } from 'react-resizable-panels';

import { useMedia } from '../../hooks/use-media.ts';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { useInstruments } from '../../live/live.ts';
import { NewsPanel } from '../../panels/news/news-panel.tsx';
import { HealthStrip } from './health-strip.tsx';
import { Movers } from './movers.tsx';
import { Watchlist } from './watchlist.tsx';

/** `/`: what moves, the news, and the feed's health. */
export function Overview() {
  usePageTitle('Overview');
  const instruments = useInstruments();
  const small = useMedia('(max-width: 1023px)');
  const symbols = useMemo(
    () =>
      instruments
        .filter((instrument) => instrument.state !== 'recorded')
        .map((instrument) => instrument.symbol),
    [instruments],
  );
  return (
    <>
      <h1 className="sr-only">Overview</h1>
      <HealthStrip />
      {small ? (
        <div className="min-h-0 flex-1 divide-y divide-line overflow-y-auto">
          <div className="h-[min(60%,480px)]">
            <Watchlist symbols={symbols} />
          </div>
          <div className="h-44">
            <Movers symbols={symbols} />
          </div>
          <div className="h-80">
            <NewsPanel />
          </div>
        </div>
      ) : (
        <Group orientation="horizontal" className="min-h-0 flex-1" id="overview">
          <Pane id="pane-watch" defaultSize="64%" minSize="40%">
            <Watchlist symbols={symbols} />
          </Pane>
          <Separator className="pane-separator" />
          <Pane id="pane-side" defaultSize="36%" minSize="20%">
            <Group orientation="vertical" id="overview-side">
              <Pane id="pane-movers" defaultSize="26%" minSize="12%">
                <Movers symbols={symbols} />
              </Pane>
              <Separator className="pane-separator" />
              <Pane id="pane-news" defaultSize="74%" minSize="20%">
                <NewsPanel />
              </Pane>
            </Group>
          </Pane>
        </Group>
      )}
    </>
  );
}
