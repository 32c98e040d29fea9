'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';

import { Random } from '@tapedeck/market/number/random';
import type { LoggedEvent, SyncBody } from '@tapedeck/market/wire/event';

import { PacedWork } from '../../clock/paced-work.ts';
import { systemClock } from '../../clock/system-clock.ts';
import { feedFetch } from '../../http/feed-fetch.ts';
import { Listeners } from '../../signal/listeners.ts';
import { useDeck } from '../deck/deck-context.tsx';
import { useLinkState, useSignal } from '../deck/use-link.ts';
import { applyEvent, refreshAll } from './event-cache.ts';
import { EventStream, type EventStreamView } from './event-stream.ts';

/** A drag of a replay restarts its events at every moment it passes. */
const REFRESH_REST_MS = 300;

const eventListeners = new Listeners<[LoggedEvent]>();
const syncListeners = new Listeners<[SyncBody]>();

const stream = new EventStream({
  clock: systemClock,
  random: new Random(Math.floor(Math.random() * 2 ** 32)),
  fetch: feedFetch,
  onEvent: eventListeners.notify,
  onSync: syncListeners.notify,
});

/**
 * Follows the feed's events and updates the query cache. Mounted once, below `LiveDeckProvider` and the
 * `QueryClientProvider`; while a replay is on the page it follows the replay's events instead.
 */
export function useFeedEvents(): void {
  const client = useQueryClient();
  const { replayId } = useDeck();
  useEffect(() => {
    const onEvent = (event: LoggedEvent): void => applyEvent(client, event, replayId);
    const refreshes = new PacedWork({
      clock: systemClock,
      restMs: REFRESH_REST_MS,
      work: () => refreshAll(client),
    });
    const onSync = ({ resume }: SyncBody): void => {
      if (resume !== 'full') refreshes.ask();
    };
    const leaveEvents = eventListeners.add(onEvent);
    const leaveSyncs = syncListeners.add(onSync);
    return () => {
      leaveEvents();
      leaveSyncs();
      refreshes.stop();
    };
  }, [client, replayId]);
  // No clean-up: the stream survives StrictMode's double effects and ends with the page.
  useEffect(() => stream.follow(replayId), [replayId]);
  const { state } = useLinkState();
  const wasCut = useRef(false);
  useEffect(() => {
    if (state === 'waiting' || state === 'closed') wasCut.current = true;
    if (state !== 'open' || !wasCut.current) return;
    wasCut.current = false;
    stream.reconnect();
  }, [state]);
}

/** Calls `listener` with every event of the page's deck, in order, until the returned function is called. */
export const onFeedEvent = eventListeners.add;

/** State of the event stream, for `/status`. */
export function useEventStream(): EventStreamView {
  return useSignal(stream.view);
}
