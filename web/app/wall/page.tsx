import type { Viewport } from 'next';
import { Suspense } from 'react';

import { Wall } from '../../panels/wall/wall.tsx';

export const metadata = { title: 'Wall · Tapedeck' };
export const viewport: Viewport = { themeColor: '#000000' };

/** Black from the first byte: a kiosk that reloads at night must not flash. */
export default function WallPage() {
  return (
    <>
      <style>{'html,body{background:#000!important}'}</style>
      <Suspense>
        <Wall />
      </Suspense>
    </>
  );
}
