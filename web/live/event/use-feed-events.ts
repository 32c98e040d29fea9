'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

import type { LoggedEvent } from '@tapedeck/market/wire/event';

import { PacedWork } from '../../clock/paced-work.ts';
import { systemClock } from '../../clock/system-clock.ts';
import { Listeners } from '../../signal/listeners.ts';
import { useDeck } from '../deck/deck-context.tsx';
import { useSignal } from '../deck/use-link.ts';
import type { EventStreamView } from '../model/view-model.ts';
import { applyEvent, isBeingRead, refreshAll } from './event-cache.ts';

/** A drag of a replay restarts its events at every moment it passes. */
const REFRESH_REST_MS = 300;

const eventListeners = new Listeners<[LoggedEvent]>();

/**
 * Updates the query cache from the feed's events. Mounted once, below `LiveDeckProvider` and the
 * `QueryClientProvider`; while a replay is on the page it follows the replay's events instead.
 */
export function useFeedEvents(): void {
  const client = useQueryClient();
  const deck = useDeck();
  useEffect(() => {
    const refreshes = new PacedWork({
      clock: systemClock,
      restMs: REFRESH_REST_MS,
      work: () => refreshAll(client),
    });
    const leaveEvents = deck.events.onEvent((event) => {
      applyEvent(client, event, deck.replayId);
      // An answer on its way may be older than the event, and would replace what the event has changed.
      if (isBeingRead(client, event)) refreshes.ask();
      eventListeners.notify(event);
    });
    const leaveSyncs = deck.events.onSync((resume) => {
      if (resume !== 'full') refreshes.ask();
    });
    return () => {
      leaveEvents();
      leaveSyncs();
      refreshes.stop();
    };
  }, [client, deck]);
}

/** Calls `listener` with every event of the page's deck, in order, until the returned function is called. */
export const onFeedEvent = eventListeners.add;

/** State of the event stream, for `/status`. */
export function useEventStream(): EventStreamView {
  return useSignal(useDeck().events.view);
}
