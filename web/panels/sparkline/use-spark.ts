'use client';
import { useQuery } from '@tanstack/react-query';

import { useDeck, useInstruments } from '../../live/live.ts';
import { candlesQuery } from '../../queries/candles.ts';

const POINTS = 96;
const REFRESH_MS = 60_000;

/**
 * Closes of the last day, one per quarter of an hour; refreshed every minute. Undefined until they arrive. Requested
 * only for symbols in the feed's list: a wall's address may name unknown ones.
 */
export function useSpark(symbol: string): readonly number[] | undefined {
  const { replayId } = useDeck();
  const isKnown = useInstruments().some((one) => one.symbol === symbol);
  const { data } = useQuery({
    ...candlesQuery(symbol, '15m', {
      limit: POINTS,
      ...(replayId !== undefined && { replay: replayId }),
    }),
    enabled: isKnown,
    staleTime: REFRESH_MS,
    refetchInterval: REFRESH_MS,
    select: (body) => body.candles.map((candle) => candle.close),
  });
  return data;
}
