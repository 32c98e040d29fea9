'use client';

import { useSyncExternalStore } from 'react';

import type { Signal } from '../../signal/signal.ts';
import type { Lamps, LinkFigures } from '../model/view-model.ts';
import { useDeck } from './deck-context.tsx';
import type { LinkView } from './deck.ts';

/** Subscribes to a value that changes now and then. */
export function useSignal<T>(store: Signal<T>): T {
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
}

/** The lamps of transport, data and clock. */
export function useLamps(): Lamps {
  return useSignal(useDeck().lamps);
}

/** Footer figures, at 1 Hz. */
export function useFigures(): LinkFigures {
  return useSignal(useDeck().figures);
}

/** The link's state, with the time of the next attempt while it waits. */
export function useLinkState(): LinkView {
  return useSignal(useDeck().link);
}
