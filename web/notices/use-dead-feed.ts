'use client';
import { useEffect, useRef, useState } from 'react';

import { playAlertSound } from '../hooks/alert-sound.ts';
import { useSettings } from '../hooks/use-settings.ts';
import { systemClock, useEventStream, useLamps, useLinkState } from '../live/live.ts';
import { notifyBrowser } from './browser-notification.ts';
import { addNotices, type Notice } from './notification-store.ts';
import { toastFeed } from './toasts.ts';

/** A restart of the feed takes less. */
const DEAD_AFTER_MS = 5_000;

/** Whether the feed answers, like the source badge: by the link, or by the events if no channel is open. */
function useIsConnected(): boolean {
  const { transport } = useLamps();
  const { state: events } = useEventStream();
  const link = useLinkState();
  return link.state === 'idle' ? events !== 'waiting' : transport.colour === 'green';
}

/**
 * Alerts are evaluated in the feed, so a dead feed cannot report its own end: the page does, in the same way as an
 * alert. True while the feed is dead. `isLive` is false on a replay's page; `hasBanner`: the page shows its own
 * banner.
 */
export function useDeadFeed(isLive: boolean, hasBanner: boolean): boolean {
  const { sounds } = useSettings();
  const isConnected = useIsConnected();
  const isCut = isLive && !isConnected;
  const wasConnected = useRef(false);
  const [hasLasted, setLasted] = useState(false);
  const isDead = isCut && hasLasted;
  const options = useRef({ sounds, hasBanner });
  useEffect(() => {
    options.current = { sounds, hasBanner };
  }, [sounds, hasBanner]);

  useEffect(() => {
    if (!isLive) wasConnected.current = false;
    else if (isConnected) wasConnected.current = true;
  }, [isLive, isConnected]);
  useEffect(() => {
    if (!isCut) return undefined;
    // If the feed was never there, the panels say so.
    const timer = setTimeout(() => setLasted(wasConnected.current), DEAD_AFTER_MS);
    return () => {
      clearTimeout(timer);
      setLasted(false);
    };
  }, [isCut]);

  const told = useRef(false);
  useEffect(() => {
    const { sounds: withSound, hasBanner: isSaid } = options.current;
    if (isDead === told.current) return;
    told.current = isDead;
    // The user went to a recording: the feed's state is not known here, so nothing is shown.
    if (!isDead && !wasConnected.current) {
      toastFeed(undefined);
      return;
    }
    const notice = noticeOf(isDead, systemClock.now());
    addNotices([notice]);
    if (!isSaid) toastFeed(notice);
    if (!isDead) return;
    notifyBrowser(notice);
    if (withSound) playAlertSound();
  }, [isDead]);
  return isDead;
}

function noticeOf(isDead: boolean, time: number): Notice {
  return {
    id: `feed:${time}`,
    time,
    tone: isDead ? 'firing' : 'info',
    title: isDead ? 'The feed does not answer' : 'The feed answers again',
    detail: isDead
      ? 'Values on this page are old, and alerts cannot arrive'
      : 'The alert log has what fired meanwhile',
    kind: 'feed',
    symbols: [],
  };
}
