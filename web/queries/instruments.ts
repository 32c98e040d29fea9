import { queryOptions } from '@tanstack/react-query';

import { venueOf } from '@tapedeck/market/instrument/instrument';
import type { InstrumentBody, ReplayBody, SessionDetailBody } from '@tapedeck/market/wire/http';

import { feedJson } from '../http/feed-fetch.ts';
import { queryKeys } from './query-keys.ts';

type Instruments = { readonly instruments: readonly InstrumentBody[] };

/** Everything the feed knows a tick size of. */
export function instrumentsQuery() {
  return queryOptions({
    queryKey: queryKeys.instruments,
    queryFn: async ({ signal }) =>
      (await feedJson<Instruments>('/v1/instruments', signal)).instruments,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The instruments that a replay holds: those of its session, else those of the feed that it names. */
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
