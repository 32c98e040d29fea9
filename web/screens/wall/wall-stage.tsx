'use client';
import clsx from 'clsx';
import { useState } from 'react';

import type { InstrumentBody } from '@tapedeck/market/wire/http';

import type { TickerView, View } from '../../live/live.ts';
import { spansOf } from './scenes.ts';
import { UnknownTile } from './unknown-tile.tsx';
import { WallTile } from './wall-tile.tsx';

type Scene = { readonly at: number; readonly symbols: readonly string[] };
type StageProps = {
  readonly tickers: ReadonlyMap<string, View<TickerView>>;
  /** Symbols that the feed serves live. */
  readonly served: readonly string[];
  readonly instruments: readonly InstrumentBody[];
};

/** One scene; the next one fades in over it, and it stays current underneath until it is covered. */
export function WallStage({ scene, ...rest }: StageProps & { readonly scene: Scene }) {
  const [shown, setShown] = useState(scene);
  const [leaving, setLeaving] = useState<Scene>();
  if (keyOf(shown) !== keyOf(scene)) {
    setShown(scene);
    // Another list of symbols at the same place is no turn.
    setLeaving(shown.at === scene.at ? undefined : shown);
  }
  return (
    <div className="relative min-h-0 flex-1">
      {leaving !== undefined && (
        <Tiles {...rest} key={keyOf(leaving)} symbols={leaving.symbols} isLeaving />
      )}
      <Tiles
        {...rest}
        key={keyOf(scene)}
        symbols={scene.symbols}
        isEntering={leaving !== undefined}
        onEntered={() => setLeaving(undefined)}
      />
    </div>
  );
}

function keyOf({ at, symbols }: Scene): string {
  return `${at}:${symbols.join()}`;
}

function Tiles(
  props: StageProps & {
    readonly symbols: readonly string[];
    readonly isLeaving?: boolean;
    readonly isEntering?: boolean;
    readonly onEntered?: () => void;
  },
) {
  const { symbols, tickers, served, instruments, isLeaving = false, isEntering = false } = props;
  const spans = spansOf(symbols.length);
  return (
    <div
      className={clsx('wall-scene absolute inset-0', isEntering && 'wall-entering')}
      data-leaving={isLeaving || undefined}
      aria-hidden={isLeaving || undefined}
      onAnimationEnd={(event) => {
        // Animations inside the tiles bubble.
        if (event.target === event.currentTarget) props.onEntered?.();
      }}
    >
      {symbols.map((symbol, tile) => {
        const span = spans[tile] ?? 2;
        return served.includes(symbol) ? (
          <WallTile key={symbol} symbol={symbol} view={tickers.get(symbol)} span={span} />
        ) : (
          <UnknownTile
            key={symbol}
            symbol={symbol}
            recorded={instruments.some((one) => one.symbol === symbol)}
            known={instruments}
            span={span}
          />
        );
      })}
      {symbols.length === 0 && (
        <p className="wall-label self-center text-center text-faint">Waiting for the feed…</p>
      )}
    </div>
  );
}
