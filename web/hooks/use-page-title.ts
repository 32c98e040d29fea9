'use client';
import { useEffect } from 'react';

import { setPageTitle } from './page-title.ts';

/** Keeps the tab's title; the product's name follows what is shown. */
export function usePageTitle(title: string | undefined): void {
  useEffect(() => {
    setPageTitle(title === undefined ? 'Tapedeck' : `${title} · Tapedeck`);
  }, [title]);
}
