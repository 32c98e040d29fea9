'use client';
import { RotateCw, TriangleAlert, Unplug } from 'lucide-react';

import { useFigures, useLinkState, useMonotonic } from '../live/live.ts';

/** One banner for the whole page while the link is down, or works only by a fallback. */
export function LinkNotice() {
  const link = useLinkState();
  const figures = useFigures();
  const now = useMonotonic();
  if (link.state === 'waiting' || link.state === 'closed') {
    const seconds =
      link.retryAt === undefined ? undefined : Math.max(0, Math.ceil((link.retryAt - now) / 1_000));
    return (
      <div
        role="alert"
        data-testid="link-notice"
        className="flex min-h-8 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-bad bg-surface px-3 py-1 text-table"
      >
        <Unplug size={14} className="text-bad" aria-hidden />
        <span className="font-semibold">Disconnected from the feed.</span>
        <span className="text-soft">
          Values on this page are old.
          {link.reason !== undefined && ` Reason: ${link.reason}.`}
        </span>
        <span className="num text-soft" aria-live="off">
          {seconds === undefined ? '' : `Next try in ${seconds} s`}
        </span>
        <button type="button" className="control control-small ml-auto" onClick={link.retryNow}>
          <RotateCw size={11} aria-hidden /> Retry now
        </button>
      </div>
    );
  }
  if (figures.degraded === undefined) return null;
  return (
    <div
      role="status"
      data-testid="degraded-notice"
      className="flex min-h-6 shrink-0 items-center gap-2 border-b border-line bg-surface px-3 text-micro text-soft"
    >
      <TriangleAlert size={12} className="text-delayed" aria-hidden />
      <span className="font-semibold text-delayed">Degraded</span>
      {figures.degraded}
    </div>
  );
}
