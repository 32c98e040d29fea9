'use client';
import Link from 'next/link';
import { useEffect } from 'react';

import { useInstruments } from '../../live/live.ts';
import { Notice } from '../../ui/notice.tsx';
import { rememberSymbol } from '../shell/last-symbol.ts';
import { TradeHeader } from './trade-header.tsx';
import { TradePanes } from './trade-panes.tsx';

/** `/s/[symbol]`. */
export function TradeView({ symbol }: { readonly symbol: string }) {
  const instruments = useInstruments();
  const unknown =
    instruments.length > 0 && !instruments.some((instrument) => instrument.symbol === symbol);
  useEffect(() => {
    if (!unknown) rememberSymbol(symbol);
  }, [symbol, unknown]);
  if (unknown)
    return (
      <Notice
        title={`The feed knows no ${symbol}`}
        action={
          <Link href="/" className="control">
            All symbols
          </Link>
        }
      >
        Symbols are written NAME@venue, for instance {instruments[0]?.symbol}.
      </Notice>
    );
  return (
    <>
      <TradeHeader symbol={symbol} />
      <TradePanes symbol={symbol} key={symbol} />
    </>
  );
}
