import { Suspense } from 'react';

import { NewsView } from '../../../screens/news/news-view.tsx';

export const metadata = { title: 'News · Tapedeck' };

export default function NewsPage() {
  return (
    <Suspense>
      <NewsView />
    </Suspense>
  );
}
