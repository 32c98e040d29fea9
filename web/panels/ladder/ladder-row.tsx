'use client';
import clsx from 'clsx';
import { memo } from 'react';

import type { Instrument } from '@tapedeck/market/instrument/instrument';
import type { Side } from '@tapedeck/market/number/level';

import { compactSizeText, priceText, sizeParts } from '../../format/market-text.ts';
import type { RowFit } from '../../ui/row-fit.ts';

export type LadderRowProps = {
  readonly side: Side;
  readonly priceTicks: number;
  readonly sizeLots: number;
  /** The formatted sum from the best row: most changes nearer to the best price do not alter it. */
  readonly total: string;
  readonly instrument: Instrument;
  readonly fit: RowFit;
  /** Widths of the bars in whole percent; undefined draws none. */
  readonly levelBar: number | undefined;
  readonly cumulativeBar: number | undefined;
  /** Between the best row and the pointer or the cursor. */
  readonly swept: boolean;
  readonly cursor: boolean;
  /** Its size has just changed. */
  readonly lit: boolean;
  readonly rowId: string;
  readonly onPoint: (side: Side, priceTicks: number) => void;
};

/** One price. The size is on its side of the price; the outer figure is the sum from the best row. */
export const LadderRow = memo(function LadderRow(props: LadderRowProps) {
  const { side, priceTicks, sizeLots, instrument, swept, cursor } = props;
  const [digits, zeros] =
    props.fit === 'compact'
      ? [compactSizeText(sizeLots, instrument), '']
      : sizeParts(sizeLots, instrument);
  const bid = side === 'bid';
  const size = (
    <span>
      {digits}
      <span className="text-soft">{zeros}</span>
    </span>
  );
  const total =
    props.fit === 'full' ? <span className="text-micro text-soft">{props.total}</span> : <span />;
  const bars = { background: barsOf(bid, props.levelBar, props.cumulativeBar) };
  return (
    <div
      id={props.rowId}
      role="row"
      data-side={side}
      data-price-ticks={priceTicks}
      data-size-lots={sizeLots}
      aria-selected={cursor}
      onPointerEnter={() => props.onPoint(side, priceTicks)}
      className={clsx(
        'num grid h-(--row-tight) shrink-0 grid-cols-[minmax(0,1fr)_var(--price-width)_minmax(0,1fr)] items-center text-table',
        swept ? 'bg-raised' : props.lit && 'bg-text/10',
        cursor && 'outline-1 -outline-offset-1 outline-info',
      )}
    >
      <div
        role="gridcell"
        className="flex h-full items-center justify-between px-2"
        {...(bid && { style: bars })}
      >
        {bid && (
          <>
            {total}
            {size}
          </>
        )}
      </div>
      <div role="gridcell" className={clsx('text-center', bid ? 'text-up-text' : 'text-down-text')}>
        {priceText(priceTicks, instrument)}
      </div>
      <div
        role="gridcell"
        className="flex h-full items-center justify-between px-2"
        {...(!bid && { style: bars })}
      >
        {!bid && (
          <>
            {size}
            {total}
          </>
        )}
      </div>
    </div>
  );
});

/** Bars grow away from the price: one gradient each, without elements of their own. */
function barsOf(
  bid: boolean,
  level: number | undefined,
  cumulative: number | undefined,
): string | undefined {
  const towards = bid ? 'left' : 'right';
  const colour = bid ? 'var(--up)' : 'var(--down)';
  const bar = (width: number, alpha: string) => {
    const tint = `color-mix(in srgb, ${colour} ${alpha}, transparent)`;
    return `linear-gradient(to ${towards}, ${tint} ${width}%, transparent ${width}%)`;
  };
  const layers: string[] = [];
  if (level !== undefined) layers.push(bar(level, 'var(--bar-alpha)'));
  if (cumulative !== undefined) layers.push(bar(cumulative, '9%'));
  return layers.length === 0 ? undefined : layers.join(',');
}
