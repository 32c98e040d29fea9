'use client';
import { useEffect } from 'react';

/** Another tab icon while mounted and `path` is given. `page`: a route writes its own icon when it is entered. */
export function useFavicon(path: string | undefined, page = ''): void {
  useEffect(() => {
    if (path === undefined) return undefined;
    const links = [...document.querySelectorAll<HTMLLinkElement>('link[rel="icon"]')];
    const before = links.map((link) => link.href);
    for (const link of links) link.href = path;
    return () => links.forEach((link, index) => (link.href = before[index] ?? link.href));
  }, [path, page]);
}
