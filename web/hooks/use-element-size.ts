'use client';
import { useCallback, useState, type RefCallback } from 'react';

export type ElementSize = { readonly width: number; readonly height: number };

/**
 * Size of the content box, in CSS pixels, of the element that currently has `ref`: if it is replaced or comes back, a
 * new ResizeObserver follows it. Zero before the first layout; without an element the last size.
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
