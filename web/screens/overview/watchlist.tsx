'use client';
import { useVirtualizer } from '@tanstack/react-virtual';
import clsx from 'clsx';
import { useQueryState } from 'nuqs';
import { useMemo, useRef, useState, type CSSProperties } from 'react';

import { sortParser } from '../../address/url-state.ts';
import { sortSymbols, type WatchColumn, type WatchSort } from '../../address/watch-order.ts';
import { useInterval } from '../../hooks/use-interval.ts';
import { useCapabilities, useTickers } from '../../live/live.ts';
import { PanelMessage } from '../../ui/panel-message.tsx';
import { Panel } from '../../ui/panel.tsx';
import { CoinStrip } from './coin-strip.tsx';
import { useCrossVenue } from './use-cross-venue.ts';
import { WatchlistRow } from './watchlist-row.tsx';

/** Rows move at most this often, and never under a pointer or the focus. */
const SORT_MS = 2_000;
/** Longer lists have only their visible rows in the document. */
const VIRTUAL_FROM = 60;
const ROW_PX = 28;
const TALL_ROW_PX = 40;
/** Up to this many symbols, the rows are tall. */
const TALL_UP_TO = 14;

type Column = {
  readonly column: WatchColumn | undefined;
  readonly text: string;
  readonly className?: string;
  readonly right?: boolean;
  readonly hint?: string;
};
const COLUMNS: readonly Column[] = [
  { column: 'symbol', text: 'Symbol' },
  { column: 'last', text: 'Last', right: true },
  { column: 'change', text: '24 h', right: true },
  { column: undefined, text: 'Day', className: 'hidden sm:table-cell' },
  {
    column: 'volume',
    text: 'Volume',
    right: true,
    className: 'hidden sm:table-cell',
    hint: '24 h volume in the quote currency',
  },
  { column: 'spread', text: 'Spread bp', right: true, className: 'hidden md:table-cell' },
  { column: 'age', text: 'State', right: true },
];

/** Every symbol with its last price and the state of its data. */
export function Watchlist({ symbols }: { readonly symbols: readonly string[] }) {
  const tickers = useTickers(symbols);
  const capabilities = useCapabilities();
  const coins = useCrossVenue(tickers);
  const drifts = new Map(
    coins.flatMap(({ quotes }) => quotes.map(({ symbol, driftBp }) => [symbol, driftBp] as const)),
  );
  const [sort, setSort] = useQueryState('sort', sortParser);
  const [order, setOrder] = useState<readonly string[]>([]);
  const held = useRef(false);
  const scroller = useRef<HTMLDivElement>(null);

  const resort = (by: WatchSort) => setOrder(sortSymbols(symbols, tickers, by));
  useInterval(() => {
    if (!held.current) resort(sort);
  }, SORT_MS);
  // New symbols appear at once, at the end; the next sort moves them to their place.
  const shown = useMemo(() => {
    const known = new Set(symbols);
    const kept = order.filter((symbol) => known.has(symbol));
    const seen = new Set(kept);
    return [...kept, ...symbols.filter((symbol) => !seen.has(symbol))];
  }, [order, symbols]);

  const tall = shown.length <= TALL_UP_TO;
  const virtual = shown.length > VIRTUAL_FROM;
  // Its functions are called only in this render; none is passed to a memoised child.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
    enabled: virtual,
  });
  const items = virtual ? virtualizer.getVirtualItems() : undefined;
  const visible = items === undefined ? shown : items.map((item) => shown[item.index] ?? '');
  const above = items?.[0]?.start ?? 0;
  const below = items === undefined ? 0 : virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0);

  return (
    <Panel title="Watchlist" testId="watchlist">
      <CoinStrip coins={coins} />
      <div
        ref={scroller}
        className="min-h-0 flex-1 overflow-y-auto"
        onPointerEnter={() => (held.current = true)}
        onPointerLeave={() => (held.current = false)}
        onFocus={() => (held.current = true)}
        onBlur={() => (held.current = false)}
      >
        {symbols.length === 0 ? (
          <PanelMessage title="No symbols yet">The feed has not listed its symbols.</PanelMessage>
        ) : (
          <table
            className="data max-sm:[&_td]:px-1.5 max-sm:[&_th]:px-1.5 max-[359px]:[&_td]:px-1 max-[359px]:[&_th]:px-1"
            style={{ '--row': `${tall ? TALL_ROW_PX : ROW_PX}px` } as CSSProperties}
          >
            <thead>
              <tr>
                {COLUMNS.map((column) => (
                  <Head
                    key={column.text}
                    column={column}
                    sort={sort}
                    onSort={(by) => {
                      void setSort(by);
                      resort(by);
                    }}
                  />
                ))}
              </tr>
            </thead>
            <tbody>
              {above > 0 && <tr style={{ height: above }} aria-hidden />}
              {visible.map((symbol) => (
                <WatchlistRow
                  key={symbol}
                  symbol={symbol}
                  view={tickers.get(symbol)}
                  capability={capabilities.get(symbol)}
                  driftBp={drifts.get(symbol)}
                  tall={tall}
                />
              ))}
              {below > 0 && <tr style={{ height: below }} aria-hidden />}
            </tbody>
          </table>
        )}
      </div>
    </Panel>
  );
}

function Head(props: {
  readonly column: Column;
  readonly sort: WatchSort;
  readonly onSort: (sort: WatchSort) => void;
}) {
  const { column, sort } = props;
  const active = column.column === sort.column;
  const className = clsx(column.right === true && 'right', column.className);
  if (column.column === undefined)
    return (
      <th scope="col" className={className}>
        {column.text}
      </th>
    );
  const by = column.column;
  const arrow = (
    <span aria-hidden className="inline-block w-3">
      {active ? (sort.descending ? '↓' : '↑') : ''}
    </span>
  );
  return (
    <th
      scope="col"
      className={className}
      aria-sort={active ? (sort.descending ? 'descending' : 'ascending') : 'none'}
      {...(column.hint !== undefined && { title: column.hint })}
    >
      <button
        type="button"
        className={clsx('hover:text-text', active && 'text-soft')}
        onClick={() =>
          props.onSort({ column: by, descending: active ? !sort.descending : by !== 'symbol' })
        }
      >
        {/* On the side where it does not move the head out of line with its column. */}
        {column.right === true && arrow}
        {column.text}
        {column.right !== true && arrow}
      </button>
    </th>
  );
}
