'use client';
import { useEffect } from 'react';

/** Another icon in the tab while mounted. */
export function useFavicon(path: string): void {
  useEffect(() => {
    const links = [...document.querySelectorAll<HTMLLinkElement>('link[rel="icon"]')];
    const before = links.map((link) => link.href);
    for (const link of links) link.href = path;
    return () => links.forEach((link, index) => (link.href = before[index] ?? link.href));
  }, [path]);
}
