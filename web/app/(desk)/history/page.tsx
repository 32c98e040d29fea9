import { Suspense } from 'react';

import { HistoryView } from '../../../screens/history/history-view.tsx';

export const metadata = { title: 'History · Tapedeck' };

export default function HistoryPage() {
  return (
    <Suspense>
      <HistoryView />
    </Suspense>
  );
}
