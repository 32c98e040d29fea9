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

/** Whether the feed answers, as the source badge judges it: by the link, or by the events where nothing is streamed. */
function useIsConnected(): boolean {
  const { transport } = useLamps();
  const { state: events } = useEventStream();
  const link = useLinkState();
  return link.state === 'idle' ? events !== 'waiting' : transport.colour === 'green';
}

/**
 * Alerts are evaluated in the feed, so of its own end the feed can tell nobody: the page does, the way it tells of an alert.
 * True while the feed is dead. `isLive`: not on the page of a recording; `hasBanner`: the page says it large by itself.
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
    // Of a feed that was never there the page says so where its data would be.
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
    // Left for a recording: nothing is known of the feed, and nothing is said.
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
      ? 'Values on this page are old, and no alert can be heard'
      : 'What fired meanwhile is in the log of the alerts',
    kind: 'feed',
    symbols: [],
  };
}
