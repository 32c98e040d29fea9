'use client';
import clsx from 'clsx';
import { X } from 'lucide-react';
import Link from 'next/link';

import type { MarketState } from '@tapedeck/market/instrument/instrument';
import type { SourceReport } from '@tapedeck/market/wire/venue/venue-body';

import { proofText, promiseText } from '../../format/capability-text.ts';
import { useInstruments } from '../../live/live.ts';
import type { SourceId } from '../../queries/venues.ts';
import { PanelMessage } from '../../ui/panel-message.tsx';
import { ProofBadge } from '../../ui/proof-badge.tsx';
import { SymbolText, symbolPath } from '../../ui/symbol-text.tsx';

const STATE: Readonly<Record<MarketState, readonly [glyph: string, colour: string]>> = {
  ok: ['●', 'text-ok'],
  syncing: ['◔', 'text-delayed'],
  stale: ['■', 'text-delayed'],
  halted: ['‖', 'text-delayed'],
};

/** One row per live market of a venue; below them what comes from elsewhere. */
export function SourceTable(props: {
  readonly sources: readonly SourceReport[];
  readonly onRemove: (source: SourceId) => void;
}) {
  const { sources, onRemove } = props;
  return (
    <>
      {sources.length === 0 ? (
        <PanelMessage title="No venue is connected">
          Find a market of a venue and add it. The feed keeps it over restarts.
        </PanelMessage>
      ) : (
        <ul data-testid="sources">
          {sources.map((source) => (
            <SourceRow key={source.symbol} source={source} onRemove={() => onRemove(source)} />
          ))}
        </ul>
      )}
      <OtherSources />
    </>
  );
}

function SourceRow(props: { readonly source: SourceReport; readonly onRemove: () => void }) {
  const { source, onRemove } = props;
  const { symbol, state, reason, problem, capability, isKept } = source;
  const [glyph, colour] = STATE[state];
  const awaited = state === 'syncing' && reason === undefined;
  return (
    <li
      data-testid="source-row"
      data-symbol={symbol}
      data-state={state}
      className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 border-b border-line/60 px-3 py-2 sm:grid-cols-[minmax(150px,2fr)_minmax(110px,1fr)_minmax(160px,2fr)_auto]"
    >
      <div className="min-w-0">
        <Link href={symbolPath(symbol)} className="text-body font-semibold hover:underline">
          <SymbolText symbol={symbol} />
        </Link>
        <p className="label">
          {isKept ? 'added while the feed ran, kept' : 'named in TAPEDECK_SOURCE'}
        </p>
      </div>
      <p className="text-table max-sm:col-start-1" title={reason}>
        <span aria-hidden className={clsx('mr-1.5 text-[9px]', colour)}>
          {glyph}
        </span>
        {awaited ? 'awaits its first book' : state}
        {reason !== undefined && <span className="block text-micro text-faint">{reason}</span>}
      </p>
      <div className="min-w-0 max-sm:col-span-2">
        <ProofBadge capability={capability} withWord />
        <p
          className="label truncate"
          title={`${proofText(capability).detail}. ${promiseText(capability)}`}
        >
          {promiseText(capability)}
        </p>
      </div>
      <button
        type="button"
        className="control control-quiet control-icon max-sm:col-start-2 max-sm:row-start-1"
        aria-label={`Remove ${symbol}`}
        title={isKept ? undefined : 'Until the next start only: TAPEDECK_SOURCE names it'}
        onClick={onRemove}
      >
        <X size={14} aria-hidden />
      </button>
      {problem !== undefined && state !== 'ok' && (
        <p
          role="alert"
          data-testid="source-problem"
          className="col-span-full mt-1 border-l-2 border-bad pl-2 text-table break-words text-text"
        >
          {problem}
        </p>
      )}
    </li>
  );
}

/** Simulated and pushed markets: they are there, and no venue stands behind them. */
function OtherSources() {
  const others = useInstruments().filter(
    ({ state, capability }) => state !== 'recorded' && capability === undefined,
  );
  const simulated = others.filter(({ venue }) => venue === 'sim');
  const pushed = others.filter(({ venue }) => venue !== 'sim');
  return (
    <>
      {simulated.length > 0 && (
        <OtherRow
          title="Simulated market"
          note="Named in TAPEDECK_SOURCE; no venue is involved"
          symbols={simulated.map(({ symbol }) => symbol)}
        />
      )}
      {pushed.length > 0 && (
        <OtherRow
          title="Pushed markets"
          note="Added and removed by whoever pushes them to /v1/ingest"
          symbols={pushed.map(({ symbol }) => symbol)}
        />
      )}
    </>
  );
}

const NAMED = 6;

function OtherRow(props: {
  readonly title: string;
  readonly note: string;
  readonly symbols: readonly string[];
}) {
  const { symbols } = props;
  return (
    <div data-testid="other-source" className="border-b border-line/60 px-3 py-2">
      <p className="flex flex-wrap items-baseline gap-x-3 text-body">
        <span className="font-semibold">{props.title}</span>
        <span className="text-table text-soft">
          {symbols.slice(0, NAMED).map((symbol) => (
            <Link key={symbol} href={symbolPath(symbol)} className="mr-2.5 hover:underline">
              <SymbolText symbol={symbol} />
            </Link>
          ))}
          {symbols.length > NAMED && `and ${symbols.length - NAMED} more`}
        </span>
      </p>
      <p className="label">{props.note}</p>
    </div>
  );
}
