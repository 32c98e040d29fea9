'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useEffect, useMemo } from 'react';

import { rememberSymbol } from '../../address/last-symbol.ts';
import { useInstruments } from '../../live/live.ts';
import type { ChartGap } from '../../panels/chart/chart-gap.ts';
import { TradeHeader } from '../../panels/header/trade-header.tsx';
import { sessionsQuery } from '../../queries/sessions.ts';
import { PanelMessage } from '../../ui/panel-message.tsx';
import { TradePanes } from '../desk/trade-panes.tsx';
import { useKeptView } from '../desk/use-kept-view.ts';

/** A gap is written a moment after the session that found it has begun: refetch now and then. */
const GAPS_MS = 60_000;

/** Gaps in the recording of a symbol, for the chart to hatch. */
function useGaps(symbol: string): readonly ChartGap[] {
  const sessions = useQuery({ ...sessionsQuery(), refetchInterval: GAPS_MS });
  return useMemo(
    () => (sessions.data ?? []).flatMap(({ gaps }) => gaps.filter((gap) => gap.symbol === symbol)),
    [sessions.data, symbol],
  );
}

/** `/s/[symbol]`. */
export function TradeView({ symbol }: { readonly symbol: string }) {
  const instruments = useInstruments();
  const gaps = useGaps(symbol);
  useKeptView(symbol);
  const unknown =
    instruments.length > 0 && !instruments.some((instrument) => instrument.symbol === symbol);
  useEffect(() => {
    if (!unknown) rememberSymbol(symbol);
  }, [symbol, unknown]);
  if (unknown)
    return (
      <PanelMessage
        title={`The feed has no ${symbol}`}
        action={
          <Link href="/" className="control">
            All symbols
          </Link>
        }
      >
        Symbols are written NAME@venue, for instance {instruments[0]?.symbol}.
      </PanelMessage>
    );
  const recorded = instruments.some(
    (instrument) => instrument.symbol === symbol && instrument.state === 'recorded',
  );
  if (recorded)
    return (
      <PanelMessage
        title={`${symbol} is recorded, not live`}
        action={
          <Link href="/replay" className="control">
            Recorded sessions
          </Link>
        }
      >
        This feed has no live market of that name, but its sessions can be replayed.
      </PanelMessage>
    );
  return (
    <>
      <TradeHeader symbol={symbol} />
      <TradePanes symbol={symbol} gaps={gaps} key={symbol} />
    </>
  );
}
