'use client';
import dynamic from 'next/dynamic';
import { useSyncExternalStore } from 'react';

import { toastsWanted } from './toasts.ts';

const ToastHost = dynamic(() => import('./toast-host.tsx').then((m) => m.ToastHost), {
  ssr: false,
});

/** The host of the toasts, rendered from the first toast on. */
export function LazyToastHost() {
  const wanted = useSyncExternalStore(
    toastsWanted.subscribe,
    () => toastsWanted.value,
    () => false,
  );
  return wanted ? <ToastHost /> : null;
}
