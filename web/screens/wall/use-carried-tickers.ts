'use client';
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';

import type { EpochMs } from '@tapedeck/market/number/level';

import { useNow, type TickerView, type View } from '../../live/live.ts';

const KEY = 'tapedeck.wall.v1';
/** Older values do not come from a reload of this page. */
const KEPT_MS = 60_000;

type Tickers = ReadonlyMap<string, View<TickerView>>;

/**
 * The tickers; those without a value yet show the last one from before a reload: stale, with its age, until the first
 * value comes. A wall that reloads at night must not show dashes, nor those values as live.
 */
export function useCarriedTickers(tickers: Tickers): Tickers {
  const now = useNow();
  const newest = useRef(tickers);
  useEffect(() => {
    newest.current = tickers;
  }, [tickers]);
  useEffect(() => {
    const keep = () => keepTickers(newest.current);
    addEventListener('pagehide', keep);
    return () => removeEventListener('pagehide', keep);
  }, []);
  // The server has none, so the first render in the browser has none either; the second, before the paint, has them.
  const carried = useSyncExternalStore(nothingChanges, keptOnce, none);
  return useMemo(() => withCarried(tickers, carried, now), [tickers, carried, now]);
}

export function withCarried(
  tickers: Tickers,
  carried: readonly TickerView[],
  now: EpochMs,
): Tickers {
  const missing = carried.filter(({ symbol, eventTime }) => {
    const view = tickers.get(symbol);
    const isAwaited = view?.value === undefined && view?.state.kind === 'loading';
    return isAwaited && now - eventTime < KEPT_MS;
  });
  if (missing.length === 0) return tickers;
  const all = new Map(tickers);
  for (const value of missing) {
    const ageMs = Math.max(0, now - value.eventTime);
    all.set(value.symbol, { value, state: { kind: 'stale', ageMs } });
  }
  return all;
}

function keepTickers(tickers: Tickers): void {
  const values = [...tickers.values()].flatMap(({ value }) => (value === undefined ? [] : [value]));
  try {
    sessionStorage.setItem(KEY, JSON.stringify(values));
  } catch {
    // Storage may be forbidden or full: the wall then starts with dashes.
  }
}

const NONE: readonly TickerView[] = [];
let kept: readonly TickerView[] | undefined;

/** As they were when the page loaded. */
function keptOnce(): readonly TickerView[] {
  return (kept ??= keptTickers());
}

function none(): readonly TickerView[] {
  return NONE;
}

function nothingChanges(): () => void {
  return () => {};
}

function keptTickers(): readonly TickerView[] {
  try {
    const given: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(given) ? given.filter(isTicker) : NONE;
  } catch {
    return NONE;
  }
}

function isTicker(value: unknown): value is TickerView {
  if (typeof value !== 'object' || value === null) return false;
  const { symbol, eventTime, instrument } = value as Partial<TickerView>;
  return typeof symbol === 'string' && typeof eventTime === 'number' && instrument !== undefined;
}
