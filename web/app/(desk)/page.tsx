import { Suspense } from 'react';

import { Overview } from '../../screens/overview/overview.tsx';

export default function OverviewPage() {
  return (
    // The list's order is in the address, which is unknown at build time.
    <Suspense>
      <Overview />
    </Suspense>
  );
}
