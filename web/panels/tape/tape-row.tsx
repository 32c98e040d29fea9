'use client';
import clsx from 'clsx';
import { memo } from 'react';

import type { Instrument } from '@tapedeck/market/instrument/instrument';

import { compactSizeText, priceText, sizeParts } from '../../format/market-text.ts';
import { timeText } from '../../format/time-text.ts';
import { useSettings } from '../../hooks/use-settings.ts';
import type { RowFit } from '../../ui/row-fit.ts';
import { tierOf, type SizeTiers, type TapePrint } from './tape-rows.ts';

type TapeRowProps = {
  readonly print: TapePrint;
  readonly instrument: Instrument;
  /** Traded in steps that the market no longer has. */
  readonly isBefore: boolean;
  readonly tiers: SizeTiers;
  readonly fit: RowFit;
};

/** Every message has new objects for the same trades: prints are compared by sequence, merged ones also by size. */
function isSameRow(a: TapeRowProps, b: TapeRowProps): boolean {
  return (
    a.print.sequence === b.print.sequence &&
    a.print.count === b.print.count &&
    a.print.sizeLots === b.print.sizeLots &&
    a.print.eventTime === b.print.eventTime &&
    a.print.priceTicks === b.print.priceTicks &&
    a.instrument === b.instrument &&
    a.isBefore === b.isBefore &&
    a.tiers === b.tiers &&
    a.fit === b.fit
  );
}

/** Weight and tint grow with the size's tier; the glyph shows the side without colour. */
export const TapeRow = memo(function TapeRow(props: TapeRowProps) {
  const { print, instrument } = props;
  const { timeZone } = useSettings();
  const buy = print.aggressor === 'buy';
  const tier = tierOf(print.sizeLots, props.tiers);
  const [digits, zeros] =
    props.fit === 'compact'
      ? [compactSizeText(print.sizeLots, instrument), '']
      : sizeParts(print.sizeLots, instrument);
  const tint = [0, 7, 13, 20][tier] ?? 0;
  // Faint text is too faint on a tint.
  const quiet = tier === 0 ? 'text-faint' : 'text-soft';
  return (
    <div
      role="row"
      data-sequence={print.sequence}
      data-before={props.isBefore || undefined}
      data-price-ticks={print.priceTicks}
      data-size-lots={print.sizeLots}
      className={clsx(
        'num grid h-[18px] grid-cols-[auto_1fr_minmax(0,1.1fr)] items-center gap-x-2 px-2 text-table',
        tier >= 2 && 'font-semibold',
        props.isBefore && 'opacity-60',
      )}
      {...(tint !== 0 && {
        style: {
          background: `color-mix(in srgb, var(${buy ? '--up' : '--down'}) ${tint}%, transparent)`,
        },
      })}
    >
      <span role="gridcell" className={clsx('text-micro font-normal', quiet)}>
        {props.fit === 'full'
          ? timeText(print.eventTime, timeZone, 3)
          : timeText(print.eventTime, timeZone)}
      </span>
      <span role="gridcell" className={clsx('text-right', buy ? 'text-up-text' : 'text-down-text')}>
        <span aria-label={buy ? 'buy' : 'sell'} className="mr-1 text-[8px]">
          {buy ? '▲' : '▼'}
        </span>
        {priceText(print.priceTicks, instrument)}
      </span>
      <span role="gridcell" className="overflow-hidden text-right whitespace-nowrap">
        {print.count > 1 && <span className={clsx('mr-1 text-micro', quiet)}>×{print.count}</span>}
        {digits}
        <span className={quiet}>{zeros}</span>
      </span>
    </div>
  );
}, isSameRow);
