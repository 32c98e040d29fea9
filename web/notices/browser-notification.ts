import type { Notice } from './notification-store.ts';

/** Only with permission, which is requested on a click; otherwise does nothing. */
export function notifyBrowser(notice: Notice): void {
  if (notice.tone !== 'firing' || typeof Notification === 'undefined') return;
  if (Notification.permission !== 'granted') return;
  try {
    new Notification(notice.title, { body: notice.detail, tag: notice.id });
  } catch {
    // Some mobile browsers allow notifications only from a service worker: the toast and the drawer remain.
  }
}
