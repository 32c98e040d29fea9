'use client';

import {
  createContext,
  type JSX,
  type ReactNode,
  use,
  useEffect,
  useMemo,
  useSyncExternalStore,
} from 'react';

import { createReplayDeck, liveDeck, replaySlot } from './browser-deck.ts';
import type { Deck } from './deck.ts';

/** Provided only by the providers below; a test provides its own deck. */
export const DeckContext = createContext<Deck>(liveDeck);

/**
 * Provides the live deck. While a replay is on the page it provides the replay's deck instead, also to the frame
 * around the replay, and the live link is closed: no live value can reach the page.
 */
export function LiveDeckProvider({ children }: { readonly children: ReactNode }): JSX.Element {
  const replay = useSyncExternalStore(
    replaySlot.subscribe,
    replaySlot.getSnapshot,
    replaySlot.getServerSnapshot,
  );
  // No clean-up: the link survives StrictMode's double effects and ends with the page.
  useEffect(() => {
    if (replay === undefined) liveDeck.start();
    else liveDeck.stop();
  }, [replay]);
  return <DeckContext value={replay ?? liveDeck}>{children}</DeckContext>;
}

/** Provides the deck of one replay; unmounting ends it and its socket. */
export function ReplayDeckProvider({
  replayId,
  children,
}: {
  readonly replayId: string;
  readonly children: ReactNode;
}): JSX.Element {
  const deck = useMemo(() => createReplayDeck(replayId), [replayId]);
  useEffect(() => {
    deck.start();
    replaySlot.set(deck);
    return () => {
      if (replaySlot.getSnapshot() === deck) replaySlot.set(undefined);
      deck.stop();
    };
  }, [deck]);
  return <DeckContext value={deck}>{children}</DeckContext>;
}

/** The deck of this part of the page: opaque, for `subscribeCandles`. */
export function useDeck(): Deck {
  return use(DeckContext);
}

/** Whether this part of the page shows the live market or a recording. */
export function useMode(): 'live' | 'replay' {
  return useDeck().mode;
}
