'use client';
import {
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type Ref,
} from 'react';

import type { Side } from '@tapedeck/market/number/level';

import type { LadderBars } from '../../address/ladder-bars.ts';
import { priceText, sizeText, sumText } from '../../format/market-text.ts';
import { useReducedMotion } from '../../hooks/use-media.ts';
import { systemClock, type DataState, type LadderView } from '../../live/live.ts';
import { ladderFit } from '../../ui/row-fit.ts';
import { FlashMemory, LIT_MS } from './flash-memory.ts';
import { LadderFigures, SpreadRow, SweepLine } from './ladder-figures.tsx';
import { LadderRow } from './ladder-row.tsx';
import { sweep } from './sweep.ts';

export type BookHandle = { readonly centre: () => void };

type Pointed = { readonly side: Side; readonly priceTicks: number };

/** Only the best rows flash: further away it would be noise. */
const FLASHING_ROWS = 5;

/** The scrolling grid of rows with its cursor. The spread stays in the middle until the user scrolls. */
export function LadderBook(props: {
  readonly ref: Ref<BookHandle>;
  readonly view: LadderView;
  readonly state: DataState;
  readonly rows: number;
  readonly widthPx: number;
  readonly bars: LadderBars;
  readonly symbol: string;
}) {
  const { view, state, rows, bars, symbol } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const spread = useRef<HTMLDivElement>(null);
  const [pinned, setPinned] = useState(false);
  const [hovered, setHovered] = useState<Pointed | undefined>(undefined);
  const [cursor, setCursor] = useState<Pointed | undefined>(undefined);
  const reducedMotion = useReducedMotion();

  const centre = useCallback(() => {
    const box = scroller.current;
    const middle = spread.current;
    if (box === null || middle === null) return;
    box.scrollTop = middle.offsetTop - (box.clientHeight - middle.offsetHeight) / 2;
    setPinned(false);
  }, []);
  useImperativeHandle(props.ref, () => ({ centre }), [centre]);
  // In one jump, before paint: for a new symbol, grouping or number of rows.
  useLayoutEffect(centre, [centre, symbol, rows, view.groupTicks]);
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null || pinned) return undefined;
    const observer = new ResizeObserver(centre);
    observer.observe(box);
    return () => observer.disconnect();
  }, [centre, pinned]);

  const pointed = hovered ?? cursor;
  const { asks, bids } = view;
  const pointedIndex = indexOf(view, pointed);
  const swept = useMemo(
    () =>
      pointed === undefined || pointedIndex < 0
        ? undefined
        : sweep(pointed.side === 'ask' ? asks : bids, pointedIndex, view.midTicks, view.instrument),
    [pointed, pointedIndex, asks, bids, view.midTicks, view.instrument],
  );
  const { largest, deepest } = useMemo(() => scaleOf(view), [view]);
  const point = useCallback(
    (side: Side, priceTicks: number) => setHovered({ side, priceTicks }),
    [],
  );
  const flashes = !reducedMotion && (state.kind === 'live' || state.kind === 'replay');
  const lit = useFlashes(view, flashes);

  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && cursor !== undefined) {
      setCursor(undefined);
      return;
    }
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    const next = moved(view, cursor, event.key === 'ArrowUp' ? -1 : 1);
    setCursor(next);
    if (next !== undefined)
      document
        .getElementById(rowId(next.side, next.priceTicks))
        ?.scrollIntoView({ block: 'nearest' });
  };

  const widest = Math.max(
    ...[asks[0], asks.at(-1), bids[0], bids.at(-1)].map((row) =>
      row === undefined ? 6 : priceText(row.priceTicks, view.instrument).length,
    ),
  );
  // In the font of the rows, not the header's smaller one: 12 px mono advances 7.2 px.
  const pricePx = Math.round((widest + 2) * 7.2);
  const width = { '--price-width': `${pricePx}px` } as CSSProperties;
  // The scale's largest size is steady; a rare larger one is at most a digit longer.
  const fit = ladderFit(props.widthPx, pricePx, sizeText(largest, view.instrument).length);

  const side = (name: Side) => {
    const list = name === 'ask' ? asks : bids;
    const shown = list
      .slice(0, rows)
      .map((row, index) => (
        <LadderRow
          key={row.priceTicks}
          rowId={rowId(name, row.priceTicks)}
          side={name}
          priceTicks={row.priceTicks}
          sizeLots={row.sizeLots}
          total={sumText(row.cumulativeLots, view.instrument)}
          instrument={view.instrument}
          fit={fit}
          levelBar={bars === 'cumulative' ? undefined : percent(row.sizeLots, largest)}
          cumulativeBar={bars === 'level' ? undefined : percent(row.cumulativeLots, deepest)}
          swept={pointed?.side === name && index <= pointedIndex}
          cursor={cursor?.side === name && cursor.priceTicks === row.priceTicks}
          lit={lit.has(row.priceTicks)}
          onPoint={point}
        />
      ));
    return name === 'ask' ? shown.toReversed() : shown;
  };
  const padding = (list: readonly unknown[]) =>
    ({ height: `calc(${Math.max(0, rows - list.length)} * var(--row-tight))` }) as const;
  return (
    <>
      <LadderFigures view={view} />
      <div
        className="label grid h-5 shrink-0 grid-cols-[1fr_var(--price-width)_1fr] items-center border-b border-line"
        style={width}
      >
        <span className="flex justify-between px-2">
          <span>{fit === 'full' && 'Sum'}</span>
          <span>Bid {view.instrument.base}</span>
        </span>
        <span className="text-center">{view.instrument.quote}</span>
        <span className="flex justify-between px-2">
          <span>Ask {view.instrument.base}</span>
          <span>{fit === 'full' && 'Sum'}</span>
        </span>
      </div>
      <div
        ref={scroller}
        role="grid"
        aria-label={`Order book of ${symbol}`}
        aria-rowcount={asks.length + bids.length + 1}
        aria-activedescendant={
          cursor === undefined ? undefined : rowId(cursor.side, cursor.priceTicks)
        }
        tabIndex={0}
        onKeyDown={onKey}
        onPointerLeave={() => setHovered(undefined)}
        onWheel={() => setPinned(true)}
        onTouchMove={() => setPinned(true)}
        onDoubleClick={centre}
        className="relative min-h-0 flex-1 overflow-x-hidden overflow-y-auto [scrollbar-width:none]"
        style={{ ...width, overflowAnchor: 'none' }}
      >
        <div aria-hidden style={padding(asks)} />
        {side('ask')}
        <div ref={spread}>
          <SpreadRow view={view} />
        </div>
        {side('bid')}
        <div aria-hidden style={padding(bids)} />
      </div>
      {pinned && (
        <button
          type="button"
          onClick={centre}
          className="control control-small absolute bottom-8 left-1/2 z-10 -translate-x-1/2 bg-raised"
        >
          Centre <kbd>c</kbd>
        </button>
      )}
      <SweepLine view={view} sweep={swept} side={pointed?.side} />
    </>
  );
}

const DARK: ReadonlySet<number> = new Set();

/** Prices tinted in this render; a timer removes the tint if no further render follows. */
function useFlashes(view: LadderView, enabled: boolean): ReadonlySet<number> {
  const [memory] = useState(() => new FlashMemory(() => systemClock.monotonic()));
  const [darkened, setDarkened] = useState<LadderView | undefined>(undefined);
  const lit = useMemo(
    () => memory.next([...view.asks.slice(0, FLASHING_ROWS), ...view.bids.slice(0, FLASHING_ROWS)]),
    [memory, view],
  );
  useEffect(() => {
    if (lit.size === 0) return undefined;
    const timer = setTimeout(() => setDarkened(view), LIT_MS);
    return () => clearTimeout(timer);
  }, [view, lit]);
  return enabled && darkened !== view ? lit : DARK;
}

const rowId = (side: Side, priceTicks: number): string => `ladder-${side}-${priceTicks}`;

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(100, Math.round((part / whole) * 100));
}

/** Scales of the bars. The level bar uses the 95th percentile: one large level must not flatten all others. */
function scaleOf(view: LadderView): { readonly largest: number; readonly deepest: number } {
  const sizes = [...view.asks, ...view.bids].map((row) => row.sizeLots).toSorted((a, b) => a - b);
  const largest = sizes[Math.floor((sizes.length - 1) * 0.95)] ?? 0;
  const deepest = Math.max(
    view.asks.at(-1)?.cumulativeLots ?? 0,
    view.bids.at(-1)?.cumulativeLots ?? 0,
  );
  return { largest, deepest };
}

/** Row of the pointed price, or of the nearest better one if that level is gone; -1 for none. */
function indexOf(view: LadderView, pointed: Pointed | undefined): number {
  if (pointed === undefined) return -1;
  const { side, priceTicks } = pointed;
  const list = side === 'ask' ? view.asks : view.bids;
  let index = -1;
  for (const row of list) {
    if (side === 'ask' ? row.priceTicks > priceTicks : row.priceTicks < priceTicks) break;
    index++;
  }
  return index;
}

/** The cursor one row up or down. It sticks to a price, so its current row is found first. */
function moved(view: LadderView, cursor: Pointed | undefined, by: 1 | -1): Pointed | undefined {
  const screen: Pointed[] = [
    ...view.asks.map((row) => ({ side: 'ask' as const, priceTicks: row.priceTicks })).toReversed(),
    ...view.bids.map((row) => ({ side: 'bid' as const, priceTicks: row.priceTicks })),
  ];
  if (cursor === undefined) return screen[by < 0 ? view.asks.length - 1 : view.asks.length];
  const at = screen.findIndex(
    (row) => row.side === cursor.side && row.priceTicks <= cursor.priceTicks,
  );
  return screen[Math.min(screen.length - 1, Math.max(0, (at < 0 ? screen.length - 1 : at) + by))];
}
