'use client';
import clsx from 'clsx';

import {
  basisPointsText,
  betweenPriceText,
  compactSizeText,
  compactText,
  percentText,
  priceText,
} from '../../format/market-text.ts';
import { styled } from '../../format/number-style.ts';
import type { LadderView } from '../../live/live.ts';
import type { Sweep } from './sweep.ts';

/** Mid, microprice and imbalance of the ungrouped book, whatever the grouping. */
export function LadderFigures({ view }: { readonly view: LadderView }) {
  const imbalance = view.imbalance[10];
  return (
    <dl className="grid shrink-0 grid-cols-[auto_auto_1fr] gap-x-4 border-b border-line px-2 py-1">
      <Figure label="Mid">{betweenPriceText(view.midTicks, view.instrument)}</Figure>
      <Figure label="Micro" hint="Mid weighted by the size on the other side">
        {betweenPriceText(view.micropriceTicks, view.instrument)}
      </Figure>
      <div
        className="min-w-0 justify-self-end text-right"
        title={([1, 5, 10, 20] as const)
          .map((levels) => `${levels}: ${percentText(view.imbalance[levels], 0)}`)
          .join('   ')}
      >
        <dt className="label whitespace-nowrap">
          Imb<span className="hidden @min-[330px]:inline">alance</span> 10
        </dt>
        {/* Without room the bar wraps to a hidden line: the figure says the same. */}
        <dd className="flex h-4 flex-row-reverse flex-wrap content-start items-center gap-x-2 overflow-hidden">
          <span className="num w-10 text-table">{percentText(imbalance, 0)}</span>
          <ImbalanceBar value={imbalance} />
        </dd>
      </div>
    </dl>
  );
}

function Figure(props: {
  readonly label: string;
  readonly hint?: string;
  readonly children: string;
}) {
  return (
    <div {...(props.hint !== undefined && { title: props.hint })}>
      <dt className="label">{props.label}</dt>
      <dd className="num text-table">{props.children}</dd>
    </div>
  );
}

function ImbalanceBar({ value }: { readonly value: number | undefined }) {
  const share = value === undefined ? 50 : (1 + value) * 50;
  return (
    <span aria-hidden className="flex h-1 w-16 shrink-0 gap-px">
      <span className="bg-up" style={{ width: `${share}%` }} />
      <span className="flex-1 bg-down" />
    </span>
  );
}

/** The row between asks and bids: the raw spread, and whether the book is crossed or locked. */
export function SpreadRow({ view }: { readonly view: LadderView }) {
  const { spreadTicks, midTicks, instrument } = view;
  return (
    <div
      role="row"
      data-testid="spread-row"
      className="flex h-[22px] shrink-0 items-center justify-center gap-2 border-y border-line bg-raised/50 text-micro"
    >
      <span role="gridcell" className="flex items-center gap-2">
        {view.crossed && (
          <span className="rounded-sm border border-delayed px-1 font-semibold text-delayed">
            {spreadTicks === 0 ? 'LOCKED' : 'CROSSED'}
          </span>
        )}
        <span className="text-faint">Spread</span>
        <span className="num text-text">{priceText(spreadTicks, instrument)}</span>
        <span className="num text-faint">{basisPointsText(spreadTicks, midTicks)} bp</span>
      </span>
    </div>
  );
}

/** The sweep to the pointed row; without one, totals of the rows shown. Always rendered, so that nothing jumps. */
export function SweepLine(props: {
  readonly view: LadderView;
  readonly sweep: Sweep | undefined;
  readonly side: 'bid' | 'ask' | undefined;
}) {
  const { view, sweep } = props;
  const { instrument } = view;
  return (
    <div
      data-testid="sweep"
      className="flex h-[22px] shrink-0 items-center gap-3 overflow-hidden border-t border-line px-2 text-micro whitespace-nowrap text-faint"
    >
      {sweep === undefined ? (
        <>
          <Sum label="Bids" colour="text-up-text">
            {compactSizeText(view.bids.at(-1)?.cumulativeLots, instrument)}
          </Sum>
          <Sum label="Asks" colour="text-down-text">
            {compactSizeText(view.asks.at(-1)?.cumulativeLots, instrument)}
          </Sum>
          <span className="ml-auto">{instrument.base}</span>
        </>
      ) : (
        <>
          <Sum label={props.side === 'ask' ? 'Buy' : 'Sell'}>
            {compactSizeText(sweep.sizeLots, instrument)}
          </Sum>
          <Sum label="for">{`${compactText(sweep.notional)} ${instrument.quote}`}</Sum>
          <Sum label="avg">{betweenPriceText(sweep.averageTicks, instrument)}</Sum>
          <span className="num ml-auto text-text">
            {sweep.slippageBasisPoints === undefined
              ? ''
              : `${styled(sweep.slippageBasisPoints.toFixed(2))} bp`}
          </span>
        </>
      )}
    </div>
  );
}

function Sum(props: {
  readonly label: string;
  readonly colour?: string;
  readonly children: string;
}) {
  return (
    <span>
      {props.label}{' '}
      <span className={clsx('num', props.colour ?? 'text-text')}>{props.children}</span>
    </span>
  );
}
