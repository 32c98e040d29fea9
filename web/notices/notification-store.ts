/*
 * Notices shown in this browser: alerts, feed warnings, imported sessions. Newest first, without duplicates, bounded.
 * Unread are those that came after the drawer was last closed; that time is stored, so a reload does not count them
 * again.
 */
import type { EpochMs } from '@tapedeck/market/number/level';
import type { AlertEvent, LoggedEvent } from '@tapedeck/market/wire/event';

import { isFiring, isOfRule } from '../live/live.ts';
import { Signal } from '../signal/signal.ts';

export type NoticeTone = 'firing' | 'no-data' | 'warning' | 'info';
export type Notice = {
  readonly id: string;
  readonly time: EpochMs;
  readonly tone: NoticeTone;
  readonly title: string;
  readonly detail: string;
  /** Kind of the event, and its symbols: equal kinds at the same time have the same cause. */
  readonly kind: string;
  readonly symbols: readonly string[];
};
export type Notices = { readonly list: readonly Notice[]; readonly readAt: EpochMs };

const KEPT = 200;
const READ_KEY = 'tapedeck.read.v1';

function readMark(): EpochMs {
  try {
    return Number(localStorage.getItem(READ_KEY) ?? 0) || 0;
  } catch {
    return 0;
  }
}

const EMPTY: Notices = { list: [], readAt: 0 };
export const notices = new Signal<Notices>(EMPTY);

/** Adds the notices that are not in the list yet, and returns those. */
export function addNotices(added: readonly Notice[]): readonly Notice[] {
  const { list } = notices.value;
  const known = new Set(list.map((notice) => notice.id));
  const fresh = added.filter((notice) => !known.has(notice.id));
  if (fresh.length === 0) return fresh;
  const merged = [...fresh, ...list].toSorted((a, b) => b.time - a.time).slice(0, KEPT);
  notices.set({ list: merged, readAt: Math.max(notices.value.readAt, readMark()) });
  return fresh;
}

/** Everything up to `now` has been seen. */
export function markRead(now: EpochMs): void {
  try {
    localStorage.setItem(READ_KEY, String(now));
  } catch {
    // Without storage the unread count starts over on the next page.
  }
  notices.set({ ...notices.value, readAt: now });
}

export function unreadOf({ list, readAt }: Notices): number {
  return list.filter((notice) => notice.time > readAt).length;
}

const STATE_WORDS: Readonly<Record<AlertEvent['state'], string>> = {
  normal: 'Back to normal',
  pending: 'Pending',
  firing: 'Firing',
  recovering: 'Recovering',
  'no-data': 'No data',
  error: 'Error',
};

export function alertNotice(event: AlertEvent): Notice {
  const tone: NoticeTone =
    event.state === 'firing'
      ? 'firing'
      : event.state === 'no-data' || event.state === 'error'
        ? 'no-data'
        : 'info';
  return {
    id: `alert:${event.id}`,
    time: event.time,
    tone,
    title: event.message,
    detail: `${STATE_WORDS[event.state]} · ${event.symbol}`,
    kind: `alert-${event.state}`,
    symbols: [event.symbol],
  };
}

function isNotable(event: AlertEvent): boolean {
  const isBlind = event.state === 'no-data' || event.state === 'error';
  return isFiring(event) || (isBlind && !isOfRule(event));
}

/** The notice for an event of the feed; undefined for one that only fills a list (headlines, normal states). */
export function noticeOf(event: LoggedEvent): Notice | undefined {
  switch (event.topic) {
    case 'alert':
      return isNotable(event.body) ? alertNotice(event.body) : undefined;
    case 'status':
      return event.body.severity === 'info'
        ? undefined
        : {
            id: `status:${event.id}`,
            time: event.body.time,
            tone: 'warning',
            title: event.body.message,
            detail: event.body.symbols.join(', ') || 'Feed',
            kind: event.body.kind,
            symbols: event.body.symbols,
          };
    case 'session':
      return event.body.change === 'imported'
        ? {
            id: `session:${event.id}`,
            time: event.body.time,
            tone: 'info',
            title: 'A session was imported',
            detail: `Replay ${event.body.id}`,
            kind: 'session',
            symbols: [],
          }
        : undefined;
    case 'news':
      return undefined;
  }
}
