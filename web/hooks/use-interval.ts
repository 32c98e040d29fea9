'use client';
import { useEffect, useRef } from 'react';

/** Calls the newest `task` every `periodMs` while mounted; never if `periodMs` is undefined. */
export function useInterval(task: () => void, periodMs: number | undefined): void {
  const newest = useRef(task);
  useEffect(() => {
    newest.current = task;
  });
  useEffect(() => {
    if (periodMs === undefined) return undefined;
    const timer = setInterval(() => newest.current(), periodMs);
    return () => clearInterval(timer);
  }, [periodMs]);
}
