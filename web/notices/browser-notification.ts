import type { Notice } from './notification-store.ts';

/** Only with a permission that was asked for on a click; silent in every other case. */
export function notifyBrowser(notice: Notice): void {
  if (notice.tone !== 'firing' || typeof Notification === 'undefined') return;
  if (Notification.permission !== 'granted') return;
  try {
    new Notification(notice.title, { body: notice.detail, tag: notice.id });
  } catch {
    // Some mobile browsers only allow notifications from a service worker: the toast and the drawer remain.
  }
}
