'use client';
import { Fragment } from 'react';
import { Group, Panel as Pane, Separator } from 'react-resizable-panels';

import { useKeptLayout } from '../../hooks/use-kept-layout.ts';
import { useMode } from '../../live/live.ts';
import { type TradePanel, tradePanels } from './trade-panels.tsx';
import type { TradePanesProps } from './trade-panes-props.ts';

/** Chart over news and alerts on the left, ladder and tape on the right; every border can be dragged. */
export function DeskPanes(props: TradePanesProps) {
  const panels = tradePanels(useMode());
  const trade = useKeptLayout('trade');
  const left = useKeptLayout('trade-left');
  const at = (place: TradePanel['place']) => panels.filter((panel) => panel.place === place);
  return (
    <Group orientation="horizontal" className="min-h-0 flex-1" {...trade}>
      <Pane id="pane-left" defaultSize="57%" minSize="25%">
        <Group orientation="vertical" {...left}>
          {/* Browsers have stored its height under this name. */}
          <Pane id="pane-chart" defaultSize="70%" minSize="25%">
            <Row id="trade-above" panels={at('above')} of={props} />
          </Pane>
          <Separator className="pane-separator" />
          <Pane id="pane-below" defaultSize="30%" minSize="10%">
            <Row id="trade-below" panels={at('below')} of={props} />
          </Pane>
        </Group>
      </Pane>
      {at('column').map(({ id, show, defaultSize, minSize }) => (
        <Fragment key={id}>
          <Separator className="pane-separator" />
          {/* Columns keep their width in pixels: when a narrow window grows again, the chart takes the room. */}
          <Pane
            id={`pane-${id}`}
            defaultSize={defaultSize}
            minSize={minSize}
            groupResizeBehavior="preserve-pixel-size"
          >
            {show(props)}
          </Pane>
        </Fragment>
      ))}
    </Group>
  );
}

/** Panels that share a place; one alone fills it. */
function Row(props: {
  readonly id: string;
  readonly panels: readonly TradePanel[];
  readonly of: TradePanesProps;
}) {
  const { id, panels, of } = props;
  const layout = useKeptLayout(id);
  const [first] = panels;
  if (first !== undefined && panels.length === 1) return first.show(of);
  return (
    <Group orientation="horizontal" {...layout}>
      {panels.map((panel, index) => (
        <Fragment key={panel.id}>
          {index > 0 && <Separator className="pane-separator" />}
          <Pane id={`pane-${panel.id}`} defaultSize={panel.defaultSize} minSize={panel.minSize}>
            {panel.show(of)}
          </Pane>
        </Fragment>
      ))}
    </Group>
  );
}
