'use client';
import { parseAsString, useQueryStates } from 'nuqs';
import { useEffect } from 'react';

/** How the panels of a symbol are looked at; what is looked at is in the path. */
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
 * The view goes along to the next symbol, however one gets there: an address that asks for none takes that of the symbol
 * before. A page that is opened afresh, by a link or a reload, shows what its address says.
 */
export function useKeptView(symbol: string): void {
  const [view, setView] = useQueryStates(VIEW, { history: 'replace' });
  useEffect(() => {
    // The query of an address is known before its symbol is shown: what is asked there belongs to the next one.
    if (decodeURIComponent(location.pathname) !== `/s/${symbol}`) return;
    const before = kept;
    // The address itself: right after a change of symbol the state may still be that of the one before.
    const asked = new URLSearchParams(location.search);
    const isAsked = Object.keys(VIEW).some((name) => asked.has(name));
    if (before === undefined || before.symbol === symbol || isAsked) {
      kept = { symbol, view };
      return;
    }
    kept = { symbol, view: before.view };
    // After the effects of this change of page: the library drops what is queued for the page before in one of them.
    queueMicrotask(() => void setView(before.view));
  }, [symbol, view, setView]);
}
