'use client';
import dynamic from 'next/dynamic';
import { useEffect, useSyncExternalStore } from 'react';
import { ErrorBoundary } from 'react-error-boundary';

import { toastsWanted } from './toasts.ts';

const load = () => import('./toast-host.tsx');
const ToastHost = dynamic(() => load().then((m) => m.ToastHost), { ssr: false });
/** Nothing that the page shows first waits for it. */
const LOAD_AFTER_MS = 5_000;

/**
 * The host of the toasts, rendered from the first toast on. It is loaded before that, since the first toast may say that
 * the servers are gone; a host that could not be loaded must not take the page with it.
 */
export function LazyToastHost() {
  const wanted = useSyncExternalStore(
    toastsWanted.subscribe,
    () => toastsWanted.value,
    () => false,
  );
  useEffect(() => {
    const timer = setTimeout(() => void load().catch(() => undefined), LOAD_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return wanted ? (
    <ErrorBoundary fallback={null}>
      <ToastHost />
    </ErrorBoundary>
  ) : null;
}
