'use client';
import { Tooltip } from '@base-ui/react/tooltip';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { Suspense, useState, type ReactNode } from 'react';

import { FeedError, LiveDeckProvider } from '../live/live.ts';
import { NotificationWatch } from '../panels/shell/notification-watch.tsx';

const ToastHost = dynamic(() => import('../panels/shell/toast-host.tsx').then((m) => m.ToastHost), {
  ssr: false,
});

const RETRIES = 2;

/** What every page stands on: the query cache, the live deck, URL state, toasts. */
export function Providers({ children }: { readonly children: ReactNode }) {
  const [client] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: {
            // What the feed calls permanent (unknown symbol, bad request) does not get better by asking again.
            retry: (failures, error) =>
              failures < RETRIES && !(error instanceof FeedError && !error.temporary),
            networkMode: 'always',
          },
          mutations: { networkMode: 'always' },
        },
      }),
  );
  return (
    <NuqsAdapter>
      <QueryClientProvider client={client}>
        <LiveDeckProvider>
          <Tooltip.Provider delay={300}>
            <Suspense>{children}</Suspense>
            <NotificationWatch />
            <ToastHost />
          </Tooltip.Provider>
        </LiveDeckProvider>
      </QueryClientProvider>
    </NuqsAdapter>
  );
}
