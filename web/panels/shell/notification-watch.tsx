'use client';
import { useQuery } from '@tanstack/react-query';
import { usePathname } from 'next/navigation';
import { useEffect } from 'react';

import { playAlertSound } from '../../hooks/alert-sound.ts';
import { setTitleMark } from '../../hooks/page-title.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import { onFeedEvent, useFeedEvents, useMode } from '../../live/live.ts';
import { alertsQuery } from '../../queries/alerts.ts';
import { addNotices, alertNotice, noticeOf, type Notice } from './notification-store.ts';
import { toastNotice } from './toasts.ts';

/** Turns feed events into toasts, browser notifications, the drawer's list and the mark in the title. */
export function NotificationWatch() {
  useFeedEvents();
  const { sounds } = useSettings();
  // A recording's events are not news of today: they fill its lists and nothing else.
  // The page of a replay shows no live number either while its replay is still being made.
  const isReplayPage = usePathname().startsWith('/replay/');
  const live = useMode() === 'live' && !isReplayPage;
  const alerts = useQuery({ ...alertsQuery(), enabled: live });

  useEffect(() => {
    if (!live) return undefined;
    return onFeedEvent((event) => {
      const notice = noticeOf(event);
      if (notice === undefined) return;
      for (const fresh of addNotices([notice])) {
        toastNotice(fresh);
        notifyBrowser(fresh);
        if (sounds && fresh.tone === 'firing') playAlertSound();
      }
    });
  }, [live, sounds]);

  useEffect(() => {
    if (alerts.data === undefined) return;
    // The log of the feed is the history: what happened while no tab was open is in the drawer, without a toast.
    addNotices(alerts.data.log.filter((event) => event.state === 'firing').map(alertNotice));
    const firing = alerts.data.rules.filter((rule) => rule.state === 'firing').length;
    setTitleMark(!live || firing === 0 ? '' : `(${firing})`);
  }, [alerts.data, live]);

  return null;
}

/** Only with a permission that was asked for on a click; silent in every other case. */
function notifyBrowser(notice: Notice): void {
  if (notice.tone !== 'firing' || typeof Notification === 'undefined') return;
  if (Notification.permission !== 'granted') return;
  try {
    new Notification(notice.title, { body: notice.detail, tag: notice.id });
  } catch {
    // Some mobile browsers only allow notifications from a service worker: the toast and the drawer remain.
  }
}
