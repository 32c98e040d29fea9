'use client';
import { ChevronDown } from 'lucide-react';
import { useEffect, type ReactNode } from 'react';

import {
  basisPointsText,
  changeOf,
  compactSizeText,
  percentText,
  priceText,
  signedPriceText,
} from '../../format/market-text.ts';
import { isOld } from '../../format/state-text.ts';
import { setPageTitle } from '../../hooks/page-title.ts';
import {
  type Cross,
  crossOf,
  type DataState,
  type LadderView,
  useCapabilities,
  useMode,
  usePageBook,
  useTopic,
} from '../../live/live.ts';
import { overlay } from '../../shell/shell-signals.ts';
import { ChangeText } from '../../ui/change-text.tsx';
import { PriceText } from '../../ui/price-text.tsx';
import { ProofBadge } from '../../ui/proof-badge.tsx';
import { StatePill } from '../../ui/state-pill.tsx';
import { SymbolText } from '../../ui/symbol-text.tsx';

/** What the user looks at first: the symbol, its last price and change, and the state of its data. */
export function TradeHeader(props: {
  readonly symbol: string;
  /** Instead of the search: a replay has few symbols. */
  readonly picker?: ReactNode;
}) {
  const { symbol } = props;
  const { value, state: tickerState } = useTopic({ kind: 'ticker', symbol });
  const page = usePageBook(symbol);
  const capability = useCapabilities().get(symbol);
  const book = page.state.kind === 'no-book' ? undefined : page.value;
  // Without a book the state is that of the trades; otherwise it is that of the very book in the ladder.
  const state = book === undefined ? tickerState : page.state;
  const [bid, ask] = [book?.bestBid?.[0], book?.bestAsk?.[0]];
  const cross = crossOf(bid, ask);
  const mode = useMode();
  const fraction = changeOf(value?.last, value?.open24h);
  const title =
    value?.last === undefined
      ? symbol
      : `${priceText(value.last, value.instrument)} ${percentText(fraction)} ${symbol}`;
  const mark = mode === 'replay' ? 'REPLAY ' : isOld(tickerState) ? 'OLD ' : '';
  useEffect(() => setPageTitle(`${mark}${title} · Tapedeck`), [mark, title]);
  const moved =
    value?.last === undefined || value.open24h === undefined
      ? undefined
      : value.last - value.open24h;
  return (
    <div
      data-testid="trade-header"
      data-state={state.kind}
      data-cross={cross}
      // A phone has two lines: symbol and state on the left, price and change on the right. None of them is ever cut.
      className="grid h-12 shrink-0 grid-cols-[minmax(0,1fr)_auto] content-center items-center gap-x-2.5 overflow-hidden border-b border-line bg-surface px-2 sm:flex sm:gap-x-5 sm:px-3"
    >
      {props.picker ?? (
        <span className="flex min-w-0 items-center gap-2 sm:shrink-0">
          <button
            type="button"
            className="flex h-6 min-w-0 items-center gap-1 overflow-hidden rounded-sm text-body font-semibold whitespace-nowrap hover:text-info sm:h-8 sm:shrink-0 sm:text-title"
            aria-label={`${symbol}, choose another symbol`}
            onClick={() => overlay.set('search')}
          >
            <SymbolText symbol={symbol} />
            <ChevronDown size={13} className="hidden text-faint sm:block" aria-hidden />
          </button>
          <ProofBadge capability={capability} />
        </span>
      )}
      <div
        className={`col-start-2 row-span-2 row-start-1 flex shrink-0 flex-col items-end sm:flex-row sm:items-baseline sm:gap-3 ${isOld(tickerState) ? 'opacity-55' : ''}`}
      >
        <h1 className="text-price font-semibold" data-testid="last-price">
          <span className="sr-only">{symbol} last price </span>
          <PriceText
            text={value === undefined ? '–' : priceText(value.last, value.instrument)}
            direction={value?.direction ?? 0}
          />
        </h1>
        <ChangeText fraction={fraction} className="text-table sm:text-body" />
        <span className="num hidden text-table text-faint lg:inline">
          {value === undefined ? '' : signedPriceText(moved, value.instrument)}
        </span>
      </div>
      {/* Figures without room wrap to a hidden line: symbol, price and state keep their room. */}
      <dl
        className={`hidden h-8 min-w-0 flex-1 flex-wrap content-start gap-x-5 overflow-hidden md:flex ${isOld(state) ? 'opacity-55' : ''}`}
      >
        <Stat label="24 h volume">
          {value === undefined
            ? '–'
            : `${compactSizeText(value.volume24h, value.instrument)} ${value.instrument.base}`}
        </Stat>
        <Stat label="Spread">
          {book === undefined
            ? '–'
            : `${priceText(book.spreadTicks, book.instrument)} · ${basisPointsText(book.spreadTicks, book.midTicks)} bp`}
        </Stat>
        <Stat label="Bid">{priceOrAbsent(bid, book)}</Stat>
        <Stat label="Ask">{priceOrAbsent(ask, book)}</Stat>
      </dl>
      {/* On a phone the transport bar and the frame already show that this is a replay, and the price needs the room. */}
      <div
        className="-ml-1 shrink-0 max-sm:col-start-1 max-sm:row-start-2 sm:ml-auto data-[usual=true]:max-sm:hidden"
        data-usual={isUsualReplay(state, cross)}
      >
        <StatePill state={state} cross={cross} />
      </div>
    </div>
  );
}

function isUsualReplay(state: DataState, cross: Cross | undefined): boolean {
  return state.kind === 'replay' && cross === undefined;
}

function priceOrAbsent(ticks: number | undefined, value: LadderView | undefined): string {
  return value === undefined ? '–' : priceText(ticks, value.instrument);
}

function Stat(props: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt className="label">{props.label}</dt>
      <dd className="num text-table whitespace-nowrap">{props.children}</dd>
    </div>
  );
}
