'use client';

import { useCallback, useLayoutEffect, useMemo, useRef, useSyncExternalStore } from 'react';

import type { EpochMs } from '@tapedeck/market/number/level';
import type { MonotonicMs } from '@tapedeck/market/time/clock';

import type { Topic, TopicKind, TopicValue } from '../model/topics.ts';
import type { LadderView, TickerView, View } from '../model/view-model.ts';
import { useDeck } from './deck-context.tsx';
import { monotonicStore, nowStore } from './now-store.ts';
import { TickersStore } from './tickers-store.ts';

/** What a ladder shows. `rateHz`: most updates per second, 10 by default; 60 means every frame. */
export type LadderOptions = Pick<Topic<'ladder'>, 'groupTicks' | 'rows'> & {
  readonly rateHz?: number | undefined;
};

/** Ladder rate of section 2 of the dashboard's design: the cheapest that still looks live. */
const LADDER_HZ = 10;

/** The view of a topic, at the topic's own rate. */
export function useTopic<K extends TopicKind>(
  topic: Topic & { readonly kind: K },
): View<TopicValue<K>> {
  const store = useDeck().view<K>(topic);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
}

/** The grouped book of a symbol, by default at 10 Hz. */
export function useLadder(symbol: string, options: LadderOptions): View<LadderView> {
  const { groupTicks, rows, rateHz = LADDER_HZ } = options;
  const deck = useDeck();
  const store = deck.view({ kind: 'ladder', symbol, groupTicks, rows, rateHz });
  // Before paint: what is shown beside a ladder comes from the same book in every frame.
  useLayoutEffect(() => deck.book(symbol).offer(store), [deck, symbol, store]);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
}

/** The one book of a symbol on this page, for all that shows best prices: the ladder's, if there is one. */
export function usePageBook(symbol: string): View<LadderView> {
  const book = useDeck().book(symbol);
  return useSyncExternalStore(book.subscribe, book.getSnapshot, book.getServerSnapshot);
}

/** The tickers of several symbols, for lists and walls. The map changes only when one of them does. */
export function useTickers(symbols: readonly string[]): ReadonlyMap<string, View<TickerView>> {
  const deck = useDeck();
  const names = symbols.join(' ');
  const store = useMemo(
    () => new TickersStore(deck, names === '' ? [] : names.split(' ')),
    [deck, names],
  );
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
}

/**
 * The feed's wall clock, corrected: for labels, and for ages of what the feed has dated. It may step. All users of
 * one rate share one timer. 0 on a server.
 */
export function useNow(hz = 1): EpochMs {
  const deck = useDeck();
  const store = nowStore(hz);
  const getSnapshot = useCallback(() => store.getSnapshot() + deck.offsetMs, [store, deck]);
  return useSyncExternalStore(store.subscribe, getSnapshot, getZero);
}

/** The clock for durations and countdowns on this page, at 1 Hz: it never steps. 0 on a server. */
export function useMonotonic(): MonotonicMs {
  const store = monotonicStore(1);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, getBeginning);
}

function getBeginning(): MonotonicMs {
  return 0 as MonotonicMs;
}

/**
 * The age in ms of a response that this page dated `updatedAt` by its wall clock (as queries do): by that clock, or
 * by the monotonic one since it was first seen here, whichever is larger, so that a clock set back does not make it
 * look newer.
 */
export function useAnswerAge(updatedAt: EpochMs): number {
  const now = useMonotonic();
  const wall = nowStore(1);
  const wallNow = useSyncExternalStore(wall.subscribe, wall.getSnapshot, getZero);
  const seen = useRef({ updatedAt, at: now });
  if (seen.current.updatedAt !== updatedAt) seen.current = { updatedAt, at: now };
  return Math.max(0, now - seen.current.at, wallNow - updatedAt);
}

function getZero(): EpochMs {
  return 0;
}
