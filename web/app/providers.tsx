'use client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { useState, type ReactNode } from 'react';

import { FeedError, LiveDeckProvider, useVenueClocks } from '../live/live.ts';
import { AddressWatch } from '../notices/address-watch.tsx';
import { LazyToastHost } from '../notices/lazy-toast-host.tsx';
import { NotificationWatch } from '../notices/notification-watch.tsx';

const RETRIES = 2;

/**
 * What every page needs: the query cache, the live deck, URL state, toasts. No Suspense around the pages: a part that
 * hydrates later than the rest would find responses in the cache that its server markup does not have.
 */
export function Providers({ children }: { readonly children: ReactNode }) {
  const [client] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: {
            // What the feed calls permanent (unknown symbol, bad request) does not improve with a retry.
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
          {children}
          <VenueClocks />
          <NotificationWatch />
          <AddressWatch />
          <LazyToastHost />
        </LiveDeckProvider>
      </QueryClientProvider>
    </NuqsAdapter>
  );
}

function VenueClocks() {
  useVenueClocks();
  return null;
}
