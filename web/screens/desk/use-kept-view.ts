'use client';
import { parseAsString, useQueryStates } from 'nuqs';
import { useEffect } from 'react';

/** How a symbol's panels are shown; the symbol itself is in the path. */
const VIEW = {
  tf: parseAsString,
  g: parseAsString,
  bars: parseAsString,
  min: parseAsString,
  each: parseAsString,
};

type KeptView = { symbol: string; view: Readonly<Record<keyof typeof VIEW, string | null>> };

let kept: KeptView | undefined;

/**
 * Carries the view over to the next symbol, however the user gets there: an address without a view takes the one of
 * the previous symbol. A page opened by a link or a reload shows what its address says.
 */
export function useKeptView(symbol: string): void {
  const [view, setView] = useQueryStates(VIEW, { history: 'replace' });
  useEffect(() => {
    // The query changes before the symbol of the new path is rendered: by then it belongs to the next symbol.
    if (decodeURIComponent(location.pathname) !== `/s/${symbol}`) return;
    const before = kept;
    // Read from the address itself: right after a change of symbol the state may still be the previous one's.
    const asked = new URLSearchParams(location.search);
    const isAsked = Object.keys(VIEW).some((name) => asked.has(name));
    if (before === undefined || before.symbol === symbol || isAsked) {
      kept = { symbol, view };
      return;
    }
    kept = { symbol, view: before.view };
    // After the effects of this navigation: in one of them, the library drops what is queued for the previous page.
    queueMicrotask(() => void setView(before.view));
  }, [symbol, view, setView]);
}
