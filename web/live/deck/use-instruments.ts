'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

import type { CapabilityBody, InstrumentBody } from '@tapedeck/market/wire/http';

import { instrumentsQuery, replayInstrumentsQuery } from '../../queries/instruments.ts';
import { useDeck } from './deck-context.tsx';

const NONE: readonly InstrumentBody[] = [];

/** The instruments of the live feed, or those of the replayed session. Empty until they are known. */
export function useInstruments(): readonly InstrumentBody[] {
  const { replayId } = useDeck();
  const live = useQuery({ ...instrumentsQuery(), enabled: replayId === undefined });
  const replay = useQuery({
    ...replayInstrumentsQuery(replayId ?? ''),
    enabled: replayId !== undefined,
  });
  return (replayId === undefined ? live.data : replay.data) ?? NONE;
}

/** What the venue of each live market can promise; a market without a venue has no entry. */
export function useCapabilities(): ReadonlyMap<string, CapabilityBody> {
  const instruments = useInstruments();
  return useMemo(
    () =>
      new Map(
        instruments.flatMap(({ symbol, capability }) =>
          capability === undefined ? [] : [[symbol, capability] as const],
        ),
      ),
    [instruments],
  );
}
