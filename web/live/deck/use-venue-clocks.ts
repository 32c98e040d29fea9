'use client';

import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';

import { venuesStatusQuery } from '../../queries/venues.ts';
import { useDeck } from './deck-context.tsx';
import { useCapabilities } from './use-instruments.ts';

const REFRESH_MS = 10_000;

/** Tells the deck how far the clocks of live venues are ahead, so that ages do not depend on them (V16). */
export function useVenueClocks(): void {
  const deck = useDeck();
  const capabilities = useCapabilities();
  const isStamped = [...capabilities.values()].some(({ clock }) => clock === 'venue');
  const { data } = useQuery({
    ...venuesStatusQuery(),
    enabled: deck.mode === 'live' && isStamped,
    refetchInterval: REFRESH_MS,
  });
  useEffect(() => {
    if (data === undefined) return;
    const ahead = data.venues.flatMap(({ venue, clockOffsetMs }) =>
      clockOffsetMs === null ? [] : [[venue, clockOffsetMs] as const],
    );
    deck.setVenueClocks(new Map(ahead));
  }, [deck, data]);
}
