'use client';
import clsx from 'clsx';
import { BellRing, CircleAlert, CircleSlash, Info, type LucideIcon } from 'lucide-react';
import Link from 'next/link';
import { useEffect, useState, useSyncExternalStore } from 'react';

import { dateText, timeText } from '../format/time-text.ts';
import { useSettings } from '../hooks/use-settings.ts';
import { systemClock, useNow } from '../live/live.ts';
import { markRead, notices, type Notice, type NoticeTone } from '../notices/notification-store.ts';
import { dismissToasts } from '../notices/toasts.ts';
import { PanelMessage } from '../ui/panel-message.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { symbolPath } from '../ui/symbol-text.tsx';
import { overlay } from './shell-signals.ts';

const GLYPH: Readonly<Record<NoticeTone, LucideIcon>> = {
  firing: BellRing,
  'no-data': CircleSlash,
  warning: CircleAlert,
  info: Info,
};
const COLOUR: Readonly<Record<NoticeTone, string>> = {
  firing: 'text-bad',
  'no-data': 'text-delayed',
  warning: 'text-delayed',
  info: 'text-info',
};

/** All notices, newest first; those unread when it opened are marked. */
export function NotificationDrawer() {
  const { list, readAt } = useSyncExternalStore(
    notices.subscribe,
    () => notices.value,
    () => notices.value,
  );
  const now = useNow();
  const [openedAt] = useState(readAt);
  useEffect(() => {
    dismissToasts();
    return () => markRead(systemClock.now());
  }, []);
  useEffect(() => markRead(now), [now]);
  return (
    <Sheet
      open
      onOpenChange={(open) => !open && overlay.set(undefined)}
      title="Notifications"
      side="right"
      actions={<BrowserPermission />}
    >
      {list.length === 0 ? (
        <PanelMessage title="Nothing yet">
          Firing alerts, feed warnings and imported sessions are listed here.{' '}
          <Link href="/alerts" className="text-info hover:underline">
            Create an alert
          </Link>
        </PanelMessage>
      ) : (
        <ol>
          {list.map((notice) => (
            <Row key={notice.id} notice={notice} unread={notice.time > openedAt} />
          ))}
        </ol>
      )}
    </Sheet>
  );
}

function Row({ notice, unread }: { readonly notice: Notice; readonly unread: boolean }) {
  const { timeZone } = useSettings();
  const Glyph = GLYPH[notice.tone];
  const [symbol] = notice.symbols;
  const body = (
    <span className="flex gap-2 px-3 py-2">
      <Glyph size={14} className={clsx('mt-0.5 shrink-0', COLOUR[notice.tone])} aria-hidden />
      <span className="min-w-0 flex-1">
        <span className={clsx('block text-body', unread ? 'font-semibold' : 'text-soft')}>
          {notice.title}
        </span>
        <span className="label block">{notice.detail}</span>
      </span>
      <span className="num label shrink-0 text-right">
        {timeText(notice.time, timeZone)}
        <br />
        {dateText(notice.time, timeZone)}
      </span>
    </span>
  );
  return (
    <li className="border-b border-line/60">
      {symbol === undefined ? (
        body
      ) : (
        <Link
          href={symbolPath(symbol)}
          className="block hover:bg-raised"
          onClick={() => overlay.set(undefined)}
        >
          {body}
        </Link>
      )}
    </li>
  );
}

/** Asks for permission only on a click; says so if the browser cannot or will not. */
function BrowserPermission() {
  const [permission, setPermission] = useState<NotificationPermission | 'unsupported'>(() =>
    typeof Notification === 'undefined' ? 'unsupported' : Notification.permission,
  );
  if (permission === 'granted') return <span className="label">Browser notifications on</span>;
  if (permission === 'unsupported')
    return <span className="label">No browser notifications here</span>;
  if (permission === 'denied')
    return (
      <span className="label" title="Allow them in the browser’s settings for this site">
        Blocked by the browser
      </span>
    );
  return (
    <button
      type="button"
      className="control control-small"
      onClick={() => {
        void Notification.requestPermission().then(setPermission);
      }}
    >
      Allow browser notifications
    </button>
  );
}
