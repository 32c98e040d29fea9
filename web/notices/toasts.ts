import { Signal } from '../signal/signal.ts';
import type { Notice } from './notification-store.ts';
import type { ToastBundles } from './toast-bundles.ts';

/** True from the first toast on: the host is rendered only then. */
export const toastsWanted = new Signal(false);

/** The library loads with the first toast: no route needs it earlier. It keeps toasts that precede the host. */
function sonner() {
  toastsWanted.set(true);
  return import('sonner');
}

const INFO_MS = 6_000;
const UNDO_MS = 10_000;

let bundles: ToastBundles | undefined;

/**
 * Nobody dismisses a toast on a wall, and a rule that fires once stays `firing`, so `toastEnded` ("Back to normal")
 * does not end its toast.
 */
const WALL_MS = 60_000;

/**
 * Shows a notice: one toast per cause, however many notices it has. Firing alerts stay until they are dismissed or
 * end, on a wall for at most a minute; others go after six seconds.
 */
export function toastNotice(notice: Notice, isWall: boolean): void {
  void Promise.all([sonner(), import('./toast-bundles.ts')]).then(
    ([{ toast }, { ToastBundles: Bundles }]) => {
      bundles ??= new Bundles();
      const { id, tone, title, detail } = bundles.add(notice);
      toast(title, {
        id,
        description: detail,
        duration: tone !== 'firing' ? INFO_MS : isWall ? WALL_MS : Number.POSITIVE_INFINITY,
        className: `toast-${tone}`,
      });
    },
  );
}

/** The alert no longer fires: its toast says so, and then goes. */
export function toastEnded(notice: Notice): void {
  void sonner().then(({ toast }) => {
    if (!toast.getToasts().some(({ id }) => id === notice.id)) return;
    toast(notice.title, {
      id: notice.id,
      description: `Back to normal · ${notice.symbols.join(', ')}`,
      duration: INFO_MS,
      className: 'toast-info',
    });
  });
}

/** The one toast about the feed itself: that the feed does not answer stays until it does. */
export function toastFeed(notice: Notice | undefined): void {
  if (notice === undefined && !toastsWanted.value) return;
  void sonner().then(({ toast }) => {
    if (notice === undefined) return void toast.dismiss('feed');
    toast(notice.title, {
      id: 'feed',
      description: notice.detail,
      duration: notice.tone === 'firing' ? Number.POSITIVE_INFINITY : INFO_MS,
      className: `toast-${notice.tone}`,
    });
  });
}

/** Removes all toasts: the drawer, which lists them, is being read. */
export function dismissToasts(): void {
  if (toastsWanted.value) void sonner().then(({ toast }) => toast.dismiss());
}

/** A short confirmation of what the user just did. */
export function toastText(title: string, description?: string): void {
  void sonner().then(({ toast }) =>
    toast(title, { duration: INFO_MS, ...(description !== undefined && { description }) }),
  );
}

/** What the user just did, with a way back. */
export function toastUndo(title: string, description: string, undo: () => void): void {
  void sonner().then(({ toast }) =>
    toast(title, { description, duration: UNDO_MS, action: { label: 'Undo', onClick: undo } }),
  );
}

/** A user action failed. */
export function toastProblem(title: string, problem: unknown): void {
  const description = problem instanceof Error ? problem.message : String(problem);
  void sonner().then(({ toast }) =>
    toast(title, { description, duration: INFO_MS, className: 'toast-warning' }),
  );
}
