'use client';
import clsx from 'clsx';
import Link from 'next/link';

import { styled } from '../../format/number-style.ts';
import { symbolPath } from '../../ui/symbol-text.tsx';
import type { CoinComparison, VenueQuote } from './cross-venue.ts';
import { DriftBadge } from './drift-badge.tsx';

/** Each coin that is live on several venues: its mids side by side, and the spread across them. */
export function CoinStrip({ coins }: { readonly coins: readonly CoinComparison[] }) {
  if (coins.length === 0) return null;
  return (
    <ul aria-label="Across venues" data-testid="coin-strip" className="border-b border-line">
      {coins.map(({ group, quotes, spreadBp }) => {
        const drift = Math.max(0, ...quotes.map(({ driftBp }) => driftBp ?? 0));
        return (
          <li
            key={group.key}
            data-testid="coin"
            data-coin={group.key}
            className="flex min-h-7 flex-wrap items-baseline gap-x-4 gap-y-0.5 border-b border-line/50 px-2 py-1 text-table last:border-b-0"
          >
            <span className="w-24 shrink-0 font-semibold whitespace-nowrap text-soft max-sm:w-full">
              {group.name}
            </span>
            {quotes.map((quote) => (
              <Quote key={quote.symbol} quote={quote} />
            ))}
            <span className="ml-auto flex items-baseline gap-2">
              {drift > 0 && <DriftBadge bp={drift} withBp />}
              <span
                className="num whitespace-nowrap text-soft"
                title="The best offer minus the best bid over these venues; negative if one bids above another’s offer"
              >
                <span className="font-sans text-micro text-faint">across </span>
                {spreadBp === undefined ? '–' : `${signed(spreadBp)} bp`}
              </span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function Quote({ quote }: { readonly quote: VenueQuote }) {
  const { symbol, mid, why, awayBp } = quote;
  const venue = symbol.slice(symbol.lastIndexOf('@') + 1);
  return (
    <Link
      href={symbolPath(symbol)}
      prefetch={false}
      title={symbol}
      className={clsx('whitespace-nowrap hover:text-info', mid === undefined && 'text-faint')}
    >
      <span className="text-micro text-faint">{venue} </span>
      {mid === undefined ? (
        // An old price is not shown beside current ones.
        <span className="text-micro">{why}</span>
      ) : (
        <>
          <span className="num">{midText(mid)}</span>
          {awayBp !== undefined && (
            <span className="num text-micro text-faint"> {signed(awayBp)}</span>
          )}
        </>
      )}
    </Link>
  );
}

/** Seven figures: mids of different venues have different steps. */
function midText(mid: number): string {
  const size = Math.abs(mid);
  const places = size === 0 ? 2 : Math.max(0, Math.min(10, 6 - Math.floor(Math.log10(size))));
  return styled(mid.toFixed(Math.min(places, size >= 1_000 ? 2 : 10)));
}

function signed(bp: number): string {
  const text = styled(Math.abs(bp).toFixed(1));
  return Number(Math.abs(bp).toFixed(1)) === 0 ? '0.0' : `${bp > 0 ? '+' : '\u2212'}${text}`;
}
