import { Suspense } from 'react';

import { Overview } from '../../screens/overview/overview.tsx';

export default function OverviewPage() {
  return (
    // The order of the list is in the address, which no page knows while it is built.
    <Suspense>
      <Overview />
    </Suspense>
  );
}
