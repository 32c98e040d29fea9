import { queryOptions } from '@tanstack/react-query';

import type { SessionBody, SessionDetailBody, SilhouetteBody } from '@tapedeck/market/wire/http';

import { feedJson } from '../live/feed-fetch.ts';
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

/** One session with what a scrubber draws. */
export function sessionQuery(id: string) {
  return queryOptions({
    queryKey: queryKeys.session(id),
    queryFn: ({ signal }) =>
      feedJson<SessionDetailBody>(`/v1/sessions/${encodeURIComponent(id)}`, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The shape of one market of a session. */
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
