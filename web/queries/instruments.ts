import { queryOptions } from '@tanstack/react-query';

import { venueOf } from '@tapedeck/market/instrument/instrument';
import type { InstrumentBody, ReplayBody, SessionDetailBody } from '@tapedeck/market/wire/http';

import { feedJson } from '../http/feed-fetch.ts';
import { queryKeys } from './query-keys.ts';

type Instruments = { readonly instruments: readonly InstrumentBody[] };

/** Every instrument whose tick size the feed knows. */
export function instrumentsQuery() {
  return queryOptions({
    queryKey: queryKeys.instruments,
    queryFn: async ({ signal }) =>
      (await feedJson<Instruments>('/v1/instruments', signal)).instruments,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The instruments of a replay: those of its session, or of the feed if the session does not list them. */
export function replayInstrumentsQuery(replayId: string) {
  return queryOptions({
    queryKey: queryKeys.replayInstruments(replayId),
    queryFn: async ({ signal }): Promise<readonly InstrumentBody[]> => {
      const id = encodeURIComponent(replayId);
      const replay = await feedJson<ReplayBody>(`/v1/replays/${id}`, signal);
      const known =
        replay.session === undefined
          ? (await feedJson<Instruments>('/v1/instruments', signal)).instruments
          : await sessionInstruments(replay.session, signal);
      const symbols = new Set(replay.symbols);
      return known
        .filter(({ symbol }) => symbols.has(symbol))
        .map((each) => ({ ...each, state: 'recorded', venue: each.venue || venueOf(each.symbol) }));
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

async function sessionInstruments(
  id: string,
  signal: AbortSignal,
): Promise<readonly Omit<InstrumentBody, 'state'>[]> {
  const path = `/v1/sessions/${encodeURIComponent(id)}`;
  return (await feedJson<SessionDetailBody>(path, signal)).instruments;
}
