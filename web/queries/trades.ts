import { queryOptions } from '@tanstack/react-query';

import type { TradesBody } from '@tapedeck/market/wire/http';

import { feedJson } from '../http/feed-fetch.ts';
import { queryKeys, type TradeBefore } from './query-keys.ts';

const LONG_MS = 10 * 60_000;
const SHORT_MS = 60_000;
/** Of a market with fewer trades in a minute, ten are read. */
const ENOUGH_ROWS = 100;
const PAGE = 5_000;
const MAX_PAGES = 5;
const MAX_ROWS = 4_500;

type Tuple = TradesBody['trades'][number];
type EarlierTrades = Awaited<ReturnType<typeof tradesWithin>>;

/** What the history has of the minutes before a trade: newest first, at most 4,500, in the market's present steps. */
export function tradesBeforeQuery(symbol: string, before: TradeBefore) {
  return queryOptions({
    queryKey: queryKeys.tradesBefore(symbol, before),
    queryFn: async ({ signal }) => {
      if (!before.isLong) {
        const found = await tradesWithin(symbol, before, SHORT_MS, signal);
        if (found.rows.length >= ENOUGH_ROWS) return found;
      }
      return tradesWithin(symbol, before, LONG_MS, signal);
    },
    // A longer stretch replaces a shorter one of the same trade.
    placeholderData: (old: EarlierTrades | undefined, query) => {
      const [, of, { time, sequence } = before] = query?.queryKey ?? [];
      return of === symbol && time === before.time && sequence === before.sequence
        ? old
        : undefined;
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}

async function tradesWithin(
  symbol: string,
  { time, sequence, replay }: TradeBefore,
  spanMs: number,
  signal: AbortSignal,
) {
  const range = { from: String(Math.max(0, time - spanMs)), to: String(time) };
  const query = new URLSearchParams({ symbol, ...range, limit: String(PAGE) });
  if (replay !== undefined) query.set('replay', replay);
  let kept: readonly Tuple[] = [];
  for (let pages = 1; ; pages++) {
    const { instrument, trades, next } = await feedJson<TradesBody>(`/v1/trades?${query}`, signal);
    kept = [...kept, ...trades].slice(-MAX_ROWS);
    if (next === undefined || pages === MAX_PAGES)
      return { grid: instrument, rows: kept.filter(isBefore).map(rowOf).toReversed() };
    query.set('cursor', next);
  }
  function isBefore([number, at]: Tuple): boolean {
    return at < time || number < sequence;
  }
}

function rowOf([sequence, eventTime, priceTicks, sizeLots, aggressor]: Tuple) {
  return { sequence, eventTime, priceTicks, sizeLots, aggressor };
}
