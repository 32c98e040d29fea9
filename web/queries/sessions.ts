import { queryOptions } from '@tanstack/react-query';

import type { SessionBody, SessionDetailBody, SilhouetteBody } from '@tapedeck/market/wire/http';

import { feedJson } from '../http/feed-fetch.ts';
import { queryKeys } from './query-keys.ts';

/** All recorded sessions; session events keep them current. */
export function sessionsQuery() {
  return queryOptions({
    queryKey: queryKeys.sessions,
    queryFn: async ({ signal }) =>
      (await feedJson<{ readonly sessions: readonly SessionBody[] }>('/v1/sessions', signal))
        .sessions,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

const GROWTH_MS = 15_000;

/** One session with the data of its scrubber. */
export function sessionQuery(id: string) {
  return queryOptions({
    queryKey: queryKeys.session(id),
    queryFn: ({ signal }) =>
      feedJson<SessionDetailBody>(`/v1/sessions/${encodeURIComponent(id)}`, signal),
    // A session still being recorded grows: its volume, gaps and headlines are refetched.
    staleTime: ({ state }) => (state.data?.open === true ? 0 : Number.POSITIVE_INFINITY),
    refetchInterval: ({ state }) => (state.data?.open === true ? GROWTH_MS : false),
  });
}

/** Volume and spread of one market over a session. */
export function silhouetteQuery(id: string, symbol: string) {
  const query = new URLSearchParams({ symbols: symbol, points: '240' });
  return queryOptions({
    queryKey: queryKeys.silhouette(id, symbol),
    queryFn: ({ signal }) =>
      feedJson<SilhouetteBody>(
        `/v1/sessions/${encodeURIComponent(id)}/silhouette?${query}`,
        signal,
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
