import type { Viewport } from 'next';
import { Suspense } from 'react';

import { WALL_BACKGROUND, wallTheme } from '../../address/wall-theme.ts';
import { Wall } from '../../screens/wall/wall.tsx';

type WallPageProps = {
  readonly searchParams: Promise<Readonly<Record<string, string | string[] | undefined>>>;
};

export const metadata = { title: 'Wall · Tapedeck' };

export async function generateViewport({ searchParams }: WallPageProps): Promise<Viewport> {
  return { themeColor: WALL_BACKGROUND[wallTheme((await searchParams)['theme'])] };
}

/** In the colour of its theme from the first byte: a kiosk that reloads at night must not flash. */
export default async function WallPage({ searchParams }: WallPageProps) {
  const theme = wallTheme((await searchParams)['theme']);
  return (
    <>
      <style>{`html,body{background:${WALL_BACKGROUND[theme]}!important}`}</style>
      <Suspense>
        <Wall theme={theme} />
      </Suspense>
    </>
  );
}
