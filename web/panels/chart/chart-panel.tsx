'use client';
import { ArrowRightToLine } from 'lucide-react';
import dynamic from 'next/dynamic';
import { useQueryState } from 'nuqs';
import { useCallback, useRef, useState } from 'react';

import { CANDLE_INTERVALS, type CandleInterval } from '@tapedeck/market/tape/candle';

import { intervalParser } from '../../address/url-state.ts';
import { zoneText } from '../../format/time-text.ts';
import { useKeys } from '../../hooks/use-keys.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { useMode, useNow, useReplay, useTopic } from '../../live/live.ts';
import { Loading } from '../../ui/loading.tsx';
import { Waiting } from '../../ui/panel-message.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import type { ChartHandle } from './chart-canvas.tsx';
import type { ChartGap } from './chart-gap.ts';
import { useShownGaps } from './use-shown-gaps.ts';

const ChartCanvas = dynamic(() => import('./chart-canvas.tsx').then((m) => m.ChartCanvas), {
  ssr: false,
  // Its code comes from the web server, not the feed: only a reload requests it again.
  loading: () => <Loading what="the chart" onRetry={() => location.reload()} />,
});

const INTERVALS = CANDLE_INTERVALS.map((value) => ({ value, text: value }));

/** Candles and volume: the forming candle live, and as much history as the user scrolls to. */
export function ChartPanel(props: {
  readonly symbol: string;
  readonly gaps?: readonly ChartGap[] | undefined;
  /** `venue`: all of this recording is what a venue told of the time before it (V14). */
  readonly source?: 'venue' | undefined;
  /** The interval if the address has none; by default one minute. */
  readonly interval?: CandleInterval | undefined;
}) {
  const { symbol } = props;
  const [interval, setInterval] = useQueryState(
    'tf',
    intervalParser.withDefault(props.interval ?? '1m'),
  );
  const { value, state } = useTopic({ kind: 'ticker', symbol });
  const gaps = useShownGaps(props.gaps, state, value?.eventTime);
  const mode = useMode();
  const [following, setFollowing] = useState(true);
  const chart = useRef<ChartHandle>(null);
  const onFollow = useCallback((on: boolean) => setFollowing(on), []);
  useKeys('c', () => chart.current?.scrollToLive());
  return (
    <Panel
      title="Chart"
      state={state}
      testId="chart"
      controls={
        <>
          <Segmented
            label="Interval"
            className="flex-[1_1_96px] overflow-x-auto [scrollbar-width:none]"
            options={INTERVALS}
            value={interval}
            onChange={(value_) => void setInterval(value_)}
          />
          {!following && (
            <button
              type="button"
              className="control control-small"
              onClick={() => chart.current?.scrollToLive()}
            >
              <ArrowRightToLine size={11} aria-hidden />
              {mode === 'replay' ? 'Newest' : 'Live'}
            </button>
          )}
          <ChartZone />
        </>
      }
    >
      {value === undefined ? (
        <Waiting state={state} />
      ) : (
        <ChartCanvas
          ref={chart}
          symbol={symbol}
          instrument={value.instrument}
          interval={interval}
          state={state}
          gaps={gaps}
          source={props.source}
          onFollow={onFollow}
        />
      )}
    </Panel>
  );
}

/** The zone of the axis at the newest candle, by the same name as beside the clock. */
function ChartZone() {
  const { timeZone } = useSettings();
  const now = useNow();
  const { view } = useReplay();
  return (
    <span className="label hidden lg:inline" data-testid="chart-zone">
      {zoneText(timeZone, view?.clock ?? now)}
    </span>
  );
}
