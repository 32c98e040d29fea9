'use client';
import clsx from 'clsx';
import { memo, type CSSProperties } from 'react';

import { nameOf } from '@tapedeck/market/instrument/instrument';
import type { MonotonicMs } from '@tapedeck/market/time/clock';

import { changeOf, priceText } from '../../format/market-text.ts';
import { bookStateText, isOld, type StateText, type StateTone } from '../../format/state-text.ts';
import {
  type Cross,
  crossOf,
  type DataState,
  useCapabilities,
  useMonotonic,
  type TickerView,
  type View,
} from '../../live/live.ts';
import { Sparkline } from '../../panels/sparkline/sparkline.tsx';
import { useSpark } from '../../panels/sparkline/use-spark.ts';
import { ChangeText } from '../../ui/change-text.tsx';
import { ProofBadge } from '../../ui/proof-badge.tsx';
import { widthOf } from './scenes.ts';

const AGE_LOOK: Readonly<Record<StateTone, string>> = {
  calm: 'text-faint',
  waiting: 'text-faint',
  delayed: 'text-delayed',
  stale: 'font-semibold text-text',
  bad: 'font-semibold text-bad',
  replay: 'text-replay',
};

/** What takes less than a second is not announced. */
const LOADING_AFTER_MS = 1_000;

function wordsOf(
  state: DataState | undefined,
  cross: Cross | undefined,
  now: MonotonicMs,
): StateText | undefined {
  const isFirst = state?.kind === 'loading' && now - state.since < LOADING_AFTER_MS;
  return state === undefined || isFirst ? undefined : bookStateText(state, cross, now);
}

/** One symbol, readable from six metres: name, price, change, age, the day's line. */
export const WallTile = memo(function WallTile(props: {
  readonly symbol: string;
  readonly view: View<TickerView> | undefined;
  /** Out of the grid's six columns. */
  readonly span: number;
}) {
  const { symbol, view } = props;
  const now = useMonotonic();
  const spark = useSpark(symbol);
  const value = view?.value;
  const fraction = changeOf(value?.last, value?.open24h);
  const price = value === undefined ? '–' : priceText(value.last, value.instrument);
  const old = view !== undefined && isOld(view.state);
  const cross = crossOf(value?.bid, value?.ask);
  const calm =
    cross === undefined &&
    (view === undefined || view.state.kind === 'live' || view.state.kind === 'quiet');
  const words = wordsOf(view?.state, cross, now);
  const name = nameOf(symbol);
  const capability = useCapabilities().get(symbol);
  return (
    <article
      data-testid="wall-tile"
      data-symbol={symbol}
      data-state={view?.state.kind}
      data-cross={cross}
      aria-label={symbol}
      className={clsx('wall-tile', old && 'wall-old')}
      style={{ '--price-em': Math.max(4, widthOf(price)), '--span': props.span } as CSSProperties}
    >
      <header className="wall-head">
        <h2 className="wall-label font-semibold whitespace-nowrap">
          {name}
          {/* When the data is not well the state is longer, and matters more than the venue. */}
          {calm && <span className="font-normal text-faint">{symbol.slice(name.length)}</span>}
          {calm && (
            <ProofBadge capability={capability} className="ml-[0.4em] !h-auto !text-[0.62em]" />
          )}
        </h2>
        <span
          className={clsx(
            'wall-age num ml-auto whitespace-nowrap',
            AGE_LOOK[words?.tone ?? 'waiting'],
          )}
        >
          {words?.text.replace(/^LIVE /, '') ?? ''}
        </span>
      </header>
      {view?.state.kind === 'error' && value === undefined ? (
        <p className="wall-label text-text">{view.state.message}</p>
      ) : (
        <>
          <p className="wall-price">{price}</p>
          <p className="wall-change">
            <ChangeText fraction={fraction} />
          </p>
        </>
      )}
      <div className="min-h-0 flex-1 pt-[1.5vmin]">
        <Sparkline
          values={spark ?? []}
          width={300}
          height={80}
          strokeWidth={3}
          direction={Math.sign(fraction ?? 0)}
          filled
          fluid
        />
      </div>
    </article>
  );
});
