'use client';
import { useCallback, useState, type RefCallback } from 'react';

export type ElementSize = { readonly width: number; readonly height: number };

/**
 * Size of the content box, in CSS pixels, of whatever element has `ref` at the time: one that is replaced by another, or goes
 * and comes again, is followed by a ResizeObserver of its own. Zero before the first layout; without an element the last size.
 */
export function useElementSize(): ElementSize & { readonly ref: RefCallback<HTMLElement> } {
  const [size, setSize] = useState<ElementSize>({ width: 0, height: 0 });
  const ref = useCallback((element: HTMLElement | null) => {
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      setSize((old) => (old.width === width && old.height === height ? old : { width, height }));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ...size, ref };
}
