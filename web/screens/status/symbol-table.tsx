'use client';
import clsx from 'clsx';
import Link from 'next/link';

import type { MarketState } from '@tapedeck/market/instrument/instrument';
import type { StatusReport } from '@tapedeck/market/wire/http';

import { countText, rateText } from '../../format/rate-text.ts';
import { ageText } from '../../format/time-text.ts';
import { useCapabilities } from '../../live/live.ts';
import { ProofBadge } from '../../ui/proof-badge.tsx';
import { SymbolText, symbolPath } from '../../ui/symbol-text.tsx';
import { type Look, wasLook } from './look.ts';

const STATE: Readonly<Record<MarketState, Look>> = {
  ok: ['●', 'text-ok', 'ok'],
  syncing: ['◔', 'text-delayed', 'syncing'],
  stale: ['■', 'text-delayed', 'stale'],
  halted: ['‖', 'text-delayed', 'halted'],
};

type SymbolTableProps = {
  readonly symbols: StatusReport['symbols'];
  /** The feed has not answered since: the states are those of its last report. */
  readonly isOld: boolean;
};

/** One line per book: its state, its age, and what has gone wrong so far. */
export function SymbolTable({ symbols, isOld }: SymbolTableProps) {
  const capabilities = useCapabilities();
  if (symbols.length === 0)
    return <p className="p-3 text-table text-faint">The feed has no symbols.</p>;
  return (
    <div className="overflow-x-auto">
      <table className="data">
        <thead>
          <tr>
            <th scope="col">Symbol</th>
            <th scope="col">Book</th>
            <th scope="col" className="right">
              Age
            </th>
            <th scope="col" className="right">
              Changes /s
            </th>
            <th scope="col" className="right">
              Trades /s
            </th>
            <th scope="col" className="right">
              Sequence
            </th>
            <th scope="col" className="right">
              Gaps
            </th>
            <th scope="col" className="right">
              Resyncs
            </th>
            <th scope="col" className="right">
              Crossed
            </th>
            <th scope="col" className="right">
              Levels bid · ask
            </th>
          </tr>
        </thead>
        <tbody>
          {symbols.map((one) => {
            const [glyph, colour, word] = isOld ? wasLook(STATE[one.state]) : STATE[one.state];
            return (
              <tr
                key={one.symbol}
                data-testid="status-row"
                data-symbol={one.symbol}
                data-state={one.state}
              >
                <td>
                  <Link href={symbolPath(one.symbol)} className="font-semibold hover:underline">
                    <SymbolText symbol={one.symbol} />
                  </Link>
                  <ProofBadge capability={capabilities.get(one.symbol)} className="ml-1.5" />
                </td>
                <td>
                  <span aria-hidden className={clsx('mr-1.5 text-[9px]', colour)}>
                    {glyph}
                  </span>
                  {one.reason === 'crossed' ? `${word}, crossed or locked` : word}
                </td>
                <td className="right num">{one.ageMs === null ? '–' : ageText(one.ageMs)}</td>
                <td className="right num">{rateText(one.deltasPerSecond)}</td>
                <td className="right num">{rateText(one.tradesPerSecond)}</td>
                <td className="right num text-soft">{countText(one.sequence)}</td>
                <Trouble count={one.gaps} />
                <Trouble count={one.resyncs} />
                <Trouble count={one.crossed} />
                <td className="right num text-soft">
                  {countText(one.levels.bids)} · {countText(one.levels.asks)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Trouble({ count }: { readonly count: number }) {
  return (
    <td className={clsx('right num', count > 0 ? 'text-delayed' : 'text-faint')}>
      {countText(count)}
    </td>
  );
}
