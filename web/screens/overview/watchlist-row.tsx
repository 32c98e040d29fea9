'use client';
import clsx from 'clsx';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { memo } from 'react';

import type { CapabilityBody } from '@tapedeck/market/wire/http';

import { spreadBasisPoints } from '../../address/watch-order.ts';
import { changeOf, compactText, priceText } from '../../format/market-text.ts';
import { styled } from '../../format/number-style.ts';
import { isOld } from '../../format/state-text.ts';
import { crossOf, type TickerView, type View } from '../../live/live.ts';
import { Sparkline } from '../../panels/sparkline/sparkline.tsx';
import { useSpark } from '../../panels/sparkline/use-spark.ts';
import { ChangeText } from '../../ui/change-text.tsx';
import { PriceText } from '../../ui/price-text.tsx';
import { ProofBadge } from '../../ui/proof-badge.tsx';
import { StatePill } from '../../ui/state-pill.tsx';
import { SymbolText, symbolPath } from '../../ui/symbol-text.tsx';
import { DriftBadge } from './drift-badge.tsx';

/** A change of this size has the full tint. */
const FULL_CHANGE = 0.08;

/** One symbol. The whole row is a target for the mouse; keyboard and screen readers use the link in it. */
export const WatchlistRow = memo(function WatchlistRow(props: {
  readonly symbol: string;
  readonly view: View<TickerView> | undefined;
  readonly capability: CapabilityBody | undefined;
  /** How far it has drifted from the same coin on other venues. */
  readonly driftBp: number | undefined;
  /** Few symbols: there is room for taller rows and lines. */
  readonly tall: boolean;
}) {
  const { symbol, view } = props;
  const router = useRouter();
  const spark = useSpark(symbol);
  const value = view?.value;
  const fraction = changeOf(value?.last, value?.open24h);
  const spread = spreadBasisPoints(value);
  const cross = crossOf(value?.bid, value?.ask);
  const old = view !== undefined && isOld(view.state);
  const turnover =
    value?.last === undefined
      ? undefined
      : value.volume24h *
        Number(value.instrument.lotSize) *
        value.last *
        Number(value.instrument.tickSize);
  const tint = fraction === undefined ? 0 : Math.min(1, Math.abs(fraction) / FULL_CHANGE);
  return (
    <tr
      data-testid="watch-row"
      data-symbol={symbol}
      data-state={view?.state.kind}
      data-cross={cross}
      className={clsx('cursor-pointer', old && '[&>td:not(:last-child)]:opacity-55')}
      onClick={() => router.push(symbolPath(symbol))}
    >
      {/* On the narrowest phones the venue is below the name, so that the state at the right end is never cut; with a
          badge, on every phone. */}
      <td
        className={clsx(
          'max-[359px]:[&_a_span>span]:block',
          props.capability !== undefined &&
            'max-[359px]:whitespace-normal max-sm:[&_a_span>span]:block max-sm:[&_a_span>span]:text-micro',
        )}
      >
        <Link
          href={symbolPath(symbol)}
          className="inline-block font-semibold"
          onClick={(event) => event.stopPropagation()}
        >
          <SymbolText symbol={symbol} />
        </Link>
        <ProofBadge
          capability={props.capability}
          className="ml-1.5 max-[359px]:ml-0 max-[359px]:!flex max-[359px]:w-fit"
        />{' '}
        {props.driftBp !== undefined && (
          <span className="ml-1.5 max-sm:ml-0 max-sm:block">
            <DriftBadge bp={props.driftBp} />
          </span>
        )}
      </td>
      <td className="right text-body max-[359px]:text-table">
        <PriceText
          text={value === undefined ? '–' : priceText(value.last, value.instrument)}
          direction={value?.direction ?? 0}
        />
      </td>
      <td
        className="right"
        {...(tint > 0.02 && {
          style: {
            background: `color-mix(in srgb, var(${(fraction ?? 0) > 0 ? '--up' : '--down'}) calc(var(--cell-alpha) * ${tint.toFixed(2)}), transparent)`,
          },
        })}
      >
        <ChangeText fraction={fraction} />
      </td>
      <td className="hidden w-44 sm:table-cell">
        <Sparkline
          values={spark ?? []}
          width={160}
          height={props.tall ? 28 : 18}
          direction={Math.sign(fraction ?? 0)}
        />
      </td>
      <td className="right num hidden text-soft sm:table-cell">{compactText(turnover)}</td>
      <td className="right num hidden text-soft md:table-cell">
        {spread === undefined ? '–' : styled(spread.toFixed(2))}
      </td>
      <td className="right">
        <div className="flex justify-end">
          {view !== undefined && <StatePill state={view.state} cross={cross} wraps />}
        </div>
      </td>
    </tr>
  );
});
