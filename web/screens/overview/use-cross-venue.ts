'use client';
import { useMemo, useRef, useState } from 'react';

import type { MonotonicMs } from '@tapedeck/market/time/clock';

import { useInterval } from '../../hooks/use-interval.ts';
import { systemClock, type TickerView, useInstruments, type View } from '../../live/live.ts';
import { type CoinComparison, coinGroups, compareCoin, lastingDrifts } from './cross-venue.ts';

const REFRESH_MS = 1_000;
const NONE: readonly CoinComparison[] = [];

/** Coins that are live on several venues, compared once a second. */
export function useCrossVenue(
  tickers: ReadonlyMap<string, View<TickerView>>,
): readonly CoinComparison[] {
  const instruments = useInstruments();
  const groups = useMemo(() => coinGroups(instruments), [instruments]);
  const since = useRef(new Map<string, MonotonicMs>());
  const [comparisons, setComparisons] = useState(NONE);
  useInterval(
    () => {
      const now = systemClock.monotonic();
      setComparisons(
        groups.map((group) => lastingDrifts(compareCoin(group, tickers), since.current, now)),
      );
    },
    groups.length === 0 ? undefined : REFRESH_MS,
  );
  return groups.length === 0 ? NONE : comparisons;
}
