'use client';
import { useEffect, useState } from 'react';

/** True once `condition` has held for `afterMs` without a break: for what would only flicker before that. */
export function useLasting(condition: boolean, afterMs: number): boolean {
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    if (!condition) return undefined;
    const timer = setTimeout(() => setLasts(true), afterMs);
    return () => {
      clearTimeout(timer);
      setLasts(false);
    };
  }, [condition, afterMs]);
  return condition && lasts;
}
