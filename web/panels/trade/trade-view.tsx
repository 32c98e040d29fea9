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
  const recorded = instruments.some(
    (instrument) => instrument.symbol === symbol && instrument.state === 'recorded',
  );
  if (recorded)
    return (
      <Notice
        title={`${symbol} is recorded, not live`}
        action={
          <Link href="/replay" className="control">
            Recorded sessions
          </Link>
        }
      >
        This feed has no live market of that name. Its sessions can be replayed.
      </Notice>
    );
  return (
    <>
      <TradeHeader symbol={symbol} />
      <TradePanes symbol={symbol} key={symbol} />
    </>
  );
}
