import { queryOptions } from '@tanstack/react-query';

import type { NewsBody } from '@tapedeck/market/wire/http';

import { feedJson } from '../live/feed-fetch.ts';
import { type NewsFilter, queryKeys } from './query-keys.ts';

/** Headlines, newest first; news events are put in front. */
export function newsQuery(filter: NewsFilter = {}) {
  return queryOptions({
    queryKey: queryKeys.news(filter),
    queryFn: async ({ signal }) => {
      const body = await feedJson<NewsBody>(newsPath(filter), signal);
      return { ...body, headlines: body.headlines.toSorted((a, b) => b.time - a.time) };
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function newsPath({ symbols = [], replay }: NewsFilter): string {
  const query = new URLSearchParams();
  if (symbols.length > 0) query.set('symbols', symbols.join(','));
  if (replay !== undefined) query.set('replay', replay);
  return query.size === 0 ? '/v1/news' : `/v1/news?${query}`;
}
