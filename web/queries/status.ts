import { queryOptions } from '@tanstack/react-query';

import type { StatusReport } from '@tapedeck/market/wire/http';

import { feedFetch, feedJson } from '../http/feed-fetch.ts';
import { queryKeys } from './query-keys.ts';

/** Rates and queues change without an event. */
const REFRESH_MS = 2_000;

/** A report of this age has missed two refreshes: whether it still holds is unknown. */
export const REPORT_OLD_MS = 6_000;

/** The feed's status report, refreshed while it is shown. */
export function statusQuery() {
  return queryOptions({
    queryKey: queryKeys.status,
    queryFn: ({ signal }) => feedJson<StatusReport>('/v1/status', signal),
    staleTime: REFRESH_MS,
    refetchInterval: REFRESH_MS,
    structuralSharing: false,
  });
}

/** The feed's metrics as Prometheus text: only they have the age of the data per hop. */
export function hopLagsQuery() {
  return queryOptions({
    queryKey: queryKeys.metrics,
    queryFn: async ({ signal }) => (await feedFetch('/metrics', { signal })).text(),
    staleTime: REFRESH_MS,
    refetchInterval: REFRESH_MS,
  });
}
