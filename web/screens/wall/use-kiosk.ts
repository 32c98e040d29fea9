'use client';
import { useEffect, useLayoutEffect, useState } from 'react';

import { WALL_BACKGROUND, type WallTheme } from '../../address/wall-theme.ts';
import { useInterval } from '../../hooks/use-interval.ts';
import { systemClock } from '../../live/live.ts';
import { shiftAt } from './scenes.ts';

const CURSOR_MS = 5_000;
const SHIFT_MS = 10_000;

/** True while the pointer has not moved for five seconds. */
export function useIdleCursor(): boolean {
  const [idle, setIdle] = useState(false);
  useEffect(() => {
    let timer = setTimeout(() => setIdle(true), CURSOR_MS);
    const wake = () => {
      setIdle(false);
      clearTimeout(timer);
      timer = setTimeout(() => setIdle(true), CURSOR_MS);
    };
    addEventListener('pointermove', wake, { passive: true });
    return () => {
      clearTimeout(timer);
      removeEventListener('pointermove', wake);
    };
  }, []);
  return idle;
}

/** Keeps the screen on; the browser releases the lock when the page is hidden, so it is requested again. */
export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined;
    let gone = false;
    const ask = async () => {
      // Only on https or localhost; elsewhere the screen's own settings apply.
      if (document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
      try {
        lock = await navigator.wakeLock.request('screen');
        if (gone) await lock.release();
      } catch {
        // Refused, for instance on a low battery: requested again when the page is next shown.
      }
    };
    const onVisible = () => void ask();
    void ask();
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      gone = true;
      document.removeEventListener('visibilitychange', onVisible);
      void lock?.release();
    };
  }, []);
}

/** Offset of the stage, against burn-in. */
export function usePixelShift(): readonly [number, number] {
  const [shift, setShift] = useState<readonly [number, number]>([0, 0]);
  useInterval(() => setShift(shiftAt(systemClock.monotonic())), SHIFT_MS);
  return shift;
}

/**
 * The wall has the theme of its own address whatever the browser prefers, including the page's background: nothing
 * else may show between two pages.
 */
export function useWallTheme(theme: WallTheme): void {
  useLayoutEffect(() => {
    const root = document.documentElement;
    const before = root.dataset['theme'];
    root.dataset['theme'] = theme;
    document.body.style.background = WALL_BACKGROUND[theme];
    return () => {
      if (before !== undefined) root.dataset['theme'] = before;
      document.body.style.background = '';
    };
  }, [theme]);
}
