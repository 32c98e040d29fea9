'use client';
import Link from 'next/link';
import { useState } from 'react';

import { changeOf } from '../../format/market-text.ts';
import { isOld } from '../../format/state-text.ts';
import { useInterval } from '../../hooks/use-interval.ts';
import { useTickers } from '../../live/live.ts';
import { ChangeText } from '../../ui/change-text.tsx';
import { PanelMessage } from '../../ui/panel-message.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SymbolText, symbolPath } from '../../ui/symbol-text.tsx';

type Mover = { readonly symbol: string; readonly fraction: number };
const EACH = 4;
const REFRESH_MS = 2_000;
const FIRST_MS = 500;

/** The day's largest changes, up and down. Symbols with old data are left out: their change is not today's. */
export function Movers({ symbols }: { readonly symbols: readonly string[] }) {
  const tickers = useTickers(symbols);
  const [movers, setMovers] = useState<readonly Mover[]>([]);
  useInterval(
    () => {
      const all = symbols.flatMap((symbol) => {
        const view = tickers.get(symbol);
        const fraction = changeOf(view?.value?.last, view?.value?.open24h);
        return view === undefined || isOld(view.state) || fraction === undefined
          ? []
          : [{ symbol, fraction }];
      });
      setMovers(all.toSorted((a, b) => b.fraction - a.fraction));
    },
    movers.length === 0 ? FIRST_MS : REFRESH_MS,
  );
  const views = [...tickers.values()];
  const allOld = views.length > 0 && views.every((view) => isOld(view.state));
  const rising = movers.filter((mover) => mover.fraction > 0).slice(0, EACH);
  const falling = movers
    .filter((mover) => mover.fraction < 0)
    .slice(-EACH)
    .toReversed();
  const largest = Math.max(0.0001, ...movers.map((mover) => Math.abs(mover.fraction)));
  return (
    <Panel title="Movers, 24 h" testId="movers">
      {movers.length === 0 ? (
        <PanelMessage title={allOld ? 'No current prices' : 'No changes yet'}>
          {allOld && 'They return with the feed.'}
        </PanelMessage>
      ) : (
        <div className="grid min-h-0 flex-1 grid-cols-2 divide-x divide-line overflow-y-auto">
          <MoverList label="Rising" movers={rising} largest={largest} />
          <MoverList label="Falling" movers={falling} largest={largest} />
        </div>
      )}
    </Panel>
  );
}

function MoverList(props: {
  readonly label: string;
  readonly movers: readonly Mover[];
  readonly largest: number;
}) {
  return (
    <div>
      <h3 className="label px-2 pt-1.5 pb-1">{props.label}</h3>
      {props.movers.length === 0 && <p className="px-2 text-table text-faint">None</p>}
      <ul>
        {props.movers.map((mover) => {
          const width = (Math.abs(mover.fraction) / props.largest) * 100;
          const colour = mover.fraction > 0 ? 'var(--up)' : 'var(--down)';
          const tint = `color-mix(in srgb, ${colour} 14%, transparent)`;
          return (
            <li key={mover.symbol}>
              <Link
                href={symbolPath(mover.symbol)}
                className="flex h-7 items-center justify-between gap-2 px-2 text-table hover:bg-raised"
                style={{
                  background: `linear-gradient(to right, ${tint} ${width}%, transparent ${width}%)`,
                }}
              >
                <SymbolText symbol={mover.symbol} className="truncate font-semibold" />
                <ChangeText fraction={mover.fraction} />
              </Link>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
