'use client';
import { useQuery } from '@tanstack/react-query';
import { usePathname } from 'next/navigation';
import { useEffect, useRef, useSyncExternalStore } from 'react';

import { playAlertSound } from '../hooks/alert-sound.ts';
import { setTitleMark } from '../hooks/page-title.ts';
import { useFavicon } from '../hooks/use-favicon.ts';
import { useSettings } from '../hooks/use-settings.ts';
import { isFiring, onFeedEvent, useFeedEvents, useMode } from '../live/live.ts';
import { alertsQuery } from '../queries/alerts.ts';
import { notifyBrowser } from './browser-notification.ts';
import { addNotices, alertNotice, type Notice, noticeOf, notices } from './notification-store.ts';
import { toastEnded, toastNotice } from './toasts.ts';
import { useDeadFeed } from './use-dead-feed.ts';

/** Turns feed events into toasts, browser notifications, the drawer's list and the mark in the title. */
export function NotificationWatch() {
  useFeedEvents();
  const { sounds } = useSettings();
  // A recording's events are not today's news: they only fill its lists. A replay's page shows no live number even
  // while its replay is still being created.
  const path = usePathname();
  const isReplayPage = path.startsWith('/replay/');
  const live = useMode() === 'live' && !isReplayPage;
  const isWall = path.startsWith('/wall');
  const isDead = useDeadFeed(live, isWall);
  const alerts = useQuery({ ...alertsQuery(), enabled: live });

  /** Notices of firing rules, by rule id: the toast ends with the firing, however the page learns of that. */
  const fired = useRef(new Map<string, Notice>());

  useEffect(() => {
    if (!live) return undefined;
    return onFeedEvent((event) => {
      const notice = noticeOf(event);
      if (notice === undefined) return;
      for (const fresh of addNotices([notice])) {
        toastNotice(fresh, isWall);
        if (event.topic === 'alert' && fresh.tone === 'firing')
          fired.current.set(event.body.ruleId, fresh);
        notifyBrowser(fresh);
        if (sounds && fresh.tone === 'firing') playAlertSound();
      }
    });
  }, [live, sounds, isWall]);

  useEffect(() => {
    if (alerts.data === undefined) return;
    // The feed's log has what happened while no tab was open: it goes to the drawer, without a toast.
    addNotices(alerts.data.log.filter(isFiring).map(alertNotice));
    for (const [ruleId, notice] of fired.current) {
      const rule = alerts.data.rules.find(({ id }) => id === ruleId);
      if (rule !== undefined && rule.state !== 'normal' && rule.state !== 'pending') continue;
      fired.current.delete(ruleId);
      toastEnded(notice);
    }
  }, [alerts.data]);

  const { readAt } = useSyncExternalStore(
    notices.subscribe,
    () => notices.value,
    () => notices.value,
  );
  // A rule that fires once stays `firing`: it counts until the drawer has been read.
  const firing = (alerts.data?.rules ?? []).filter(
    (rule) => rule.state === 'firing' && (rule.enabled || (rule.firedAt ?? 0) > readAt),
  ).length;
  const mark = !live ? '' : isDead ? '(!)' : firing === 0 ? '' : `(${firing})`;
  useEffect(() => setTitleMark(mark), [mark]);
  useFavicon(mark === '' ? undefined : '/favicon-alert.svg', path);

  return null;
}
