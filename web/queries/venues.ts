import { type MutationOptions, type QueryClient, queryOptions } from '@tanstack/react-query';

import type {
  SourceReport,
  SourcesBody,
  VenueInstrumentsBody,
  VenuesBody,
  VenuesStatus,
} from '@tapedeck/market/wire/venue/venue-body';

import { feedFetch, feedJson } from '../http/feed-fetch.ts';
import { queryKeys } from './query-keys.ts';

/** States and rates change without an event. */
const REFRESH_MS = 2_000;
const FOUND = 50;

export type SourceId = Pick<SourceReport, 'venue' | 'id'>;

/** The venues that can be live. They do not change while the feed runs. */
export function venuesQuery() {
  return queryOptions({
    queryKey: queryKeys.venues,
    queryFn: async ({ signal }) => (await feedJson<VenuesBody>('/v1/venues', signal)).venues,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The live markets of venues, refreshed while they are shown. */
export function sourcesQuery() {
  return queryOptions({
    queryKey: queryKeys.sources,
    queryFn: async ({ signal }) => (await feedJson<SourcesBody>('/v1/sources', signal)).sources,
    staleTime: 0,
    refetchInterval: REFRESH_MS,
  });
}

/** What a venue lists, best matches first. A venue that gives no list is not asked again by itself. */
export function venueInstrumentsQuery(venue: string, search: string) {
  return queryOptions({
    queryKey: queryKeys.venueInstruments(venue, search),
    queryFn: ({ signal }) =>
      feedJson<VenueInstrumentsBody>(
        `/v1/venues/${encodeURIComponent(venue)}/instruments?limit=${FOUND}&search=${encodeURIComponent(search)}`,
        signal,
      ),
    // The matches of the last word stay while the next is looked up.
    placeholderData: (before) => (before?.venue === venue ? before : undefined),
    retry: false,
    staleTime: 60_000,
  });
}

/** The links to the venues in use. */
export function venuesStatusQuery() {
  return queryOptions({
    queryKey: queryKeys.venuesStatus,
    queryFn: ({ signal }) => feedJson<VenuesStatus>('/v1/venues/status', signal),
    staleTime: 0,
    refetchInterval: REFRESH_MS,
  });
}

/** Adds a live market. */
export function addSource(client: QueryClient): MutationOptions<void, Error, SourceId> {
  return {
    mutationFn: async ({ venue, id }) => {
      await feedFetch('/v1/sources', { method: 'POST', body: JSON.stringify({ venue, id }) });
    },
    onSettled: () => refresh(client),
  };
}

/** Removes a live market; what was recorded of it stays. */
export function removeSource(client: QueryClient): MutationOptions<void, Error, SourceId> {
  return {
    mutationFn: async ({ venue, id }) => {
      const query = new URLSearchParams({ venue, id }).toString();
      await feedFetch(`/v1/sources?${query}`, { method: 'DELETE' });
    },
    onSettled: () => refresh(client),
  };
}

function refresh(client: QueryClient): Promise<unknown> {
  const keys = [queryKeys.sources, queryKeys.allVenueInstruments, queryKeys.instruments];
  return Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
}
