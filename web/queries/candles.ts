import { queryOptions } from '@tanstack/react-query';

import type { CandleInterval } from '@tapedeck/market/tape/candle';
import type { CandlesBody } from '@tapedeck/market/wire/http';

import { feedJson } from '../http/feed-fetch.ts';
import { type CandleRange, queryKeys } from './query-keys.ts';

/** Candles of a symbol, oldest first; with `asOfSequence` and `epoch` to join the stream to the newest. */
export function candlesQuery(symbol: string, interval: CandleInterval, range: CandleRange = {}) {
  return queryOptions({
    queryKey: queryKeys.candles(symbol, interval, range),
    queryFn: ({ signal }) => feedJson<CandlesBody>(candlesPath(symbol, interval, range), signal),
    // An old range never changes. The newest is only the start of a chart: it is requested each time.
    staleTime: range.to === undefined ? 0 : Number.POSITIVE_INFINITY,
    // Comparing thousands of candles with the previous ones costs more than drawing them.
    structuralSharing: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

function candlesPath(symbol: string, interval: CandleInterval, range: CandleRange): string {
  const query = new URLSearchParams({ symbol, interval });
  if (range.to !== undefined) query.set('to', String(range.to));
  if (range.limit !== undefined) query.set('limit', String(range.limit));
  if (range.replay !== undefined) query.set('replay', range.replay);
  return `/v1/candles?${query}`;
}
