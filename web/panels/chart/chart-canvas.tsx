'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useImperativeHandle, useMemo, useRef, useState, type Ref } from 'react';

import { commonGrid, type Grid } from '@tapedeck/market/grid/grid';
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { CandleInterval } from '@tapedeck/market/tape/candle';
import type { CandlesBody } from '@tapedeck/market/wire/http';

import { onLookChange, useSettings } from '../../hooks/use-settings.ts';
import {
  PacedWork,
  subscribeCandles,
  systemClock,
  useDeck,
  type DataState,
} from '../../live/live.ts';
import { candlesQuery } from '../../queries/candles.ts';
import { Loading } from '../../ui/loading.tsx';
import { PanelMessage, Problem } from '../../ui/panel-message.tsx';
import { CandleChart } from './candle-chart.ts';
import type { ChartCandle } from './candle-list.ts';
import type { ChartGap } from './chart-gap.ts';
import { candlesIn, chartGrid, type FinerGrid } from './chart-grid.ts';
import { Legend, type LegendHandle } from './chart-legend.tsx';
import { ChartSummary } from './chart-summary.tsx';
import { watermarkOf } from './watermark.ts';

const FIRST_CANDLES = 1_500;
const OLDER_CANDLES = 1_000;
/** Between two loads of the newest candles. */
const RELOAD_REST_MS = 250;
/** `isDrawn`: earlier candles are drawn behind the problem. */
type Phase =
  | 'loading'
  | 'ready'
  | 'empty'
  | { readonly problem: string; readonly isDrawn: boolean };
export type ChartHandle = { readonly scrollToLive: () => void };

/** The chart itself; a chunk of its own, since the library weighs more than the rest of the page. */
export function ChartCanvas(props: {
  readonly ref: Ref<ChartHandle>;
  readonly symbol: string;
  readonly instrument: Instrument;
  readonly interval: CandleInterval;
  readonly state: DataState;
  readonly gaps: readonly ChartGap[];
  /** `venue`: all of this recording is what a venue told of the time before it (V14). */
  readonly source: 'venue' | undefined;
  readonly onFollow: (following: boolean) => void;
}) {
  const { symbol, instrument, interval, gaps, source, onFollow } = props;
  const { kind } = props.state;
  // The instrument is a new object in each view; its grid changes only with an epoch.
  const own = useGrid(instrument);
  const [finer, setFiner] = useState<FinerGrid>();
  const grid = useGrid(chartGrid(symbol, own, finer));
  const named = useMemo(() => ({ ...instrument, ...grid }), [instrument, grid]);
  const deck = useDeck();
  const client = useQueryClient();
  const { timeZone } = useSettings();
  const container = useRef<HTMLDivElement>(null);
  const legend = useRef<LegendHandle>(null);
  const chart = useRef<CandleChart>(null);
  const [phase, setPhase] = useState<Phase>('loading');
  const [attempt, setAttempt] = useState(0);
  const [seam, setSeam] = useState<EpochMs>();
  const zone = useRef(timeZone);
  useImperativeHandle(props.ref, () => ({ scrollToLive: () => chart.current?.scrollToLive() }), []);

  useEffect(() => {
    const element = container.current;
    if (element === null) return undefined;
    let closed = false;
    let isDrawn = false;
    let history: CandlesBody | undefined;
    let load = 0;
    // A drag of a replay resets the chart at every moment it passes: 1,500 candles cost as much as everything else
    // there.
    const reloads = new PacedWork({ clock: systemClock, restMs: RELOAD_REST_MS, work: newest });
    let fetchingOlder = false;
    const replay = deck.replayId;
    const range = replay === undefined ? {} : { replay };

    const view = new CandleChart(element, grid, zone.current, {
      onLegend: (candle, gap) => legend.current?.show(candle, gap),
      onSeam: setSeam,
      onFollow,
      onNeedOlder: (before) => void older(before),
    });
    chart.current = view;
    view.setZone(zone.current, interval);

    /** Undefined if the chart's grid is too coarse: the chart is then rebuilt in a finer one. */
    function shown(body: CandlesBody): CandlesBody['candles'] | undefined {
      const candles = candlesIn(body.candles, body.instrument, grid);
      if (candles === undefined) setFiner({ symbol, ...commonGrid([grid, body.instrument]) });
      return candles?.map((candle) => ofSource(candle, source));
    }

    /** The response to an earlier reload is drawn, but live candles and older chunks join only the newest. */
    async function newest(): Promise<void> {
      const turn = load;
      try {
        const query = candlesQuery(symbol, interval, { ...range, limit: FIRST_CANDLES });
        // An earlier chart's request may hang: without cancelling it, this one would wait for it.
        void client.cancelQueries({ queryKey: query.queryKey, exact: true });
        const body = await client.fetchQuery({ ...query, staleTime: 0 });
        if (closed) return;
        const candles = shown(body);
        if (candles === undefined) return;
        view.setCandles(candles);
        if (turn === load) history = body;
        isDrawn = body.candles.length > 0;
        setPhase(isDrawn ? 'ready' : 'empty');
      } catch (error) {
        // Also for a load superseded by a later one: until that has a response, nothing newer can be drawn.
        if (!closed)
          setPhase({ problem: error instanceof Error ? error.message : String(error), isDrawn });
      }
    }

    function reload(): void {
      load++;
      history = undefined;
      reloads.ask();
    }

    async function older(before: number): Promise<void> {
      if (fetchingOlder || history === undefined) return;
      fetchingOlder = true;
      const turn = load;
      try {
        const query = candlesQuery(symbol, interval, {
          ...range,
          to: before,
          limit: OLDER_CANDLES,
        });
        const body = await client.fetchQuery(query);
        if (!closed && turn === load) view.prepend(shown(body) ?? []);
      } catch {
        // The next scroll tries again; the candles shown are complete.
      } finally {
        fetchingOlder = false;
      }
    }

    setPhase('loading');
    setSeam(undefined);
    reload();
    const unsubscribe = subscribeCandles(
      deck,
      symbol,
      interval,
      (update) => {
        if (update === 'reset') {
          reload();
          return;
        }
        // At once: the library then draws in the same frame in which the panels change.
        for (const candle of candlesIn([update], own, grid) ?? [])
          view.update(ofSource(candle, source));
        setPhase('ready');
      },
      () => history,
    );
    const unlook = onLookChange(() => view.applyLook());
    return () => {
      closed = true;
      reloads.stop();
      unsubscribe();
      unlook();
      chart.current = null;
      view.remove();
    };
  }, [deck, client, symbol, interval, own, grid, source, attempt, onFollow]);

  useEffect(() => {
    zone.current = timeZone;
    chart.current?.setZone(timeZone, interval);
  }, [timeZone, interval]);

  useEffect(() => chart.current?.setGaps(gaps), [gaps, symbol, interval, grid, attempt]);

  const [watermark, colour] = watermarkOf(kind, deck.mode === 'replay');
  // A cut link fails every request: the chart stays, as old as the panel says, until the feed answers again.
  const isCovered =
    phase !== 'ready' && !(isProblem(phase) && phase.isDrawn && kind === 'disconnected');
  return (
    <div className="relative min-h-0 flex-1">
      <div ref={container} className="absolute inset-0" data-testid="chart-canvas" />
      {watermark !== undefined && (
        <div
          aria-hidden
          data-testid="chart-watermark"
          className="pointer-events-none absolute inset-x-0 top-0 bottom-1/4 z-[2] grid place-items-center pr-16 text-center text-[44px] leading-none font-semibold opacity-[0.22]"
          style={{ color: `var(${colour})` }}
        >
          {watermark}
        </div>
      )}
      <Legend ref={legend} instrument={named} />
      <ChartSummary gaps={gaps} seam={seam} />
      {isCovered && (
        <div className="absolute inset-0 z-10 bg-surface">
          {phase === 'loading' && (
            <Loading what="candles" onRetry={() => setAttempt(attempt + 1)} />
          )}
          {phase === 'empty' && (
            <PanelMessage title={`No ${interval} candles yet`}>
              {deck.replayId === undefined
                ? `The first trade of ${symbol} starts one.`
                : 'The recording has none before this moment. It may have longer ones.'}
            </PanelMessage>
          )}
          {isProblem(phase) && (
            <Problem message={phase.problem} onRetry={() => setAttempt(attempt + 1)} />
          )}
        </div>
      )}
    </div>
  );
}

function isProblem(phase: Phase): phase is Extract<Phase, object> {
  return typeof phase === 'object';
}

function ofSource<T extends ChartCandle>(candle: T, source: ChartCandle['source']): T {
  return source === undefined ? candle : { ...candle, source };
}

/** The same object while its steps are the same. */
function useGrid({ tickSize, lotSize }: Grid): Grid {
  return useMemo(() => ({ tickSize, lotSize }), [tickSize, lotSize]);
}
