import { queryOptions } from '@tanstack/react-query';

import type { StateBand } from '@tapedeck/market/instrument/recorded-state';
import type { StatesBody } from '@tapedeck/market/wire/http';

import { feedJson } from '../http/feed-fetch.ts';
import { queryKeys } from './query-keys.ts';

/** Beyond this many pages of two thousand changes, the rest of a market is not drawn. */
const MAX_ANSWERS = 4;
/** A session still being recorded grows. */
const OPEN_STALE_MS = 30_000;

/** The periods in which one market of a session was not ok. */
export function statesQuery(id: string, symbol: string, isOpen: boolean) {
  return queryOptions({
    queryKey: queryKeys.states(id, symbol),
    queryFn: async ({ signal }) => {
      const bands: StateBand[] = [];
      let from = 0;
      for (let answers = 0; answers < MAX_ANSWERS; answers++) {
        const query = new URLSearchParams({ symbol, session: id, from: String(from) });
        const { states, next } = await feedJson<StatesBody>(`/v1/states?${query}`, signal);
        bands.push(...states);
        if (next === undefined) break;
        from = next;
      }
      return bands;
    },
    staleTime: isOpen ? OPEN_STALE_MS : Number.POSITIVE_INFINITY,
  });
}
