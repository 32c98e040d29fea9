'use client';
import { useEffect } from 'react';

import { setPageTitle } from './page-title.ts';

/** Sets the tab's title, followed by the product's name. */
export function usePageTitle(title: string | undefined): void {
  useEffect(() => {
    setPageTitle(title === undefined ? 'Tapedeck' : `${title} · Tapedeck`);
  }, [title]);
}
