import { queryOptions } from '@tanstack/react-query';

import type { MeasuredHeadline, NewsBody } from '@tapedeck/market/wire/http';
import type { NewsStatus } from '@tapedeck/market/wire/news/news-body';

import { feedJson } from '../http/feed-fetch.ts';
import { type NewsFilter, queryKeys } from './query-keys.ts';

/** Headlines, newest first; news events are added in front. */
export function newsQuery(filter: NewsFilter = {}) {
  return queryOptions({
    queryKey: queryKeys.news(filter),
    queryFn: async ({ signal }) => {
      const body = await feedJson<NewsBody>(newsPath(filter), signal);
      return { ...body, headlines: body.headlines.toSorted((a, b) => b.time - a.time) };
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) =>
      filter.measured === true && state.data?.headlines.some(isUnsettled) === true
        ? UNSETTLED_MS
        : false,
  });
}

/** While a move is still to come, or a headline from an event has not been measured yet. */
const UNSETTLED_MS = 5_000;

function isUnsettled({ impact }: MeasuredHeadline): boolean {
  if (impact === undefined) return true;
  return impact.some(({ moves }) => Object.values(moves).some(({ state }) => state === 'pending'));
}

function newsPath({ symbols = [], replay }: NewsFilter): string {
  const query = new URLSearchParams();
  if (symbols.length > 0) query.set('symbols', symbols.join(','));
  if (replay !== undefined) query.set('replay', replay);
  return query.size === 0 ? '/v1/news' : `/v1/news?${query}`;
}

const STATUS_MS = 5_000;

/** The addresses from which the feed reads news; refreshed only if there are any, because they are in its settings. */
export function newsStatusQuery() {
  return queryOptions({
    queryKey: queryKeys.newsStatus,
    queryFn: ({ signal }) => feedJson<NewsStatus>('/v1/news/status', signal),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.addresses.length === 0 ? false : STATUS_MS),
  });
}
