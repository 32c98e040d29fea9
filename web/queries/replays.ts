import { type MutationOptions, queryOptions } from '@tanstack/react-query';

import type { CreateReplay, ReplayBody } from '@tapedeck/market/wire/http';

import { feedFetch, feedJson } from '../http/feed-fetch.ts';
import { queryKeys } from './query-keys.ts';

/** One replay as the feed knows it. */
export function replayQuery(id: string) {
  return queryOptions({
    queryKey: queryKeys.replay(id),
    queryFn: ({ signal }) => feedJson<ReplayBody>(`/v1/replays/${encodeURIComponent(id)}`, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Makes a replay; the answer's id is what a `ReplayDeckProvider` joins. */
export function createReplay(): MutationOptions<Pick<ReplayBody, 'id'>, Error, CreateReplay> {
  return {
    mutationFn: async (input) => {
      const response = await feedFetch('/v1/replays', {
        method: 'POST',
        body: JSON.stringify(input),
      });
      return (await response.json()) as Pick<ReplayBody, 'id'>;
    },
  };
}
