'use client';
import clsx from 'clsx';
import { useRouter, useSearchParams } from 'next/navigation';
import { parseAsArrayOf, parseAsString, useQueryState } from 'nuqs';
import { useMemo, useState } from 'react';

import { addressProblems } from '../../address/address-problems.ts';
import { wholeParser } from '../../address/url-state.ts';
import { everyParser } from '../../address/wall-address.ts';
import { WALL_BACKGROUND, type WallTheme } from '../../address/wall-theme.ts';
import { timeText } from '../../format/time-text.ts';
import { useInterval } from '../../hooks/use-interval.ts';
import { useKeys } from '../../hooks/use-keys.ts';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { useInstruments, useNow, useTickers } from '../../live/live.ts';
import { sceneAt, scenesOf } from './scenes.ts';
import { useCarriedTickers } from './use-carried-tickers.ts';
import { useIdleCursor, usePixelShift, useWakeLock, useWallTheme } from './use-kiosk.ts';
import { useReloadOnNewBuild } from './use-new-build.ts';
import { WallBanner } from './wall-banner.tsx';
import { WallStage } from './wall-stage.tsx';

/**
 * `/wall`: scenes of at most six tiles that change by themselves. All stores stay subscribed across scenes, so a
 * scene is current from its first frame. The URL is the only configuration.
 */
export function Wall({ theme }: { readonly theme: WallTheme }) {
  useWallTheme(theme);
  useWakeLock();
  usePageTitle('Wall');
  const idle = useIdleCursor();
  const [shiftX, shiftY] = usePixelShift();
  const router = useRouter();
  const instruments = useInstruments();
  const [named] = useQueryState('symbols', parseAsArrayOf(parseAsString));
  const [seconds] = useQueryState('every', everyParser);
  // Kept in the URL so that any reload returns to the same scene.
  const [index, setIndex] = useQueryState('scene', wholeParser.withDefault(0));
  const [held, setHeld] = useState(false);

  const symbols = useMemo(
    () =>
      named !== null && named.length > 0
        ? named
        : instruments.filter((one) => one.state !== 'recorded').map((one) => one.symbol),
    [named, instruments],
  );
  // The feed's list says which names are unknown; before it arrives, none is.
  const known = useMemo(() => new Map(instruments.map((one) => [one.symbol, one])), [instruments]);
  const shown = useMemo(
    () =>
      known.size === 0
        ? symbols
        : symbols.filter((one) => (known.get(one)?.state ?? 'recorded') !== 'recorded'),
    [symbols, known],
  );
  const tickers = useCarriedTickers(useTickers(shown));
  const scenes = useMemo(() => scenesOf(symbols), [symbols]);
  const at = sceneAt(index, 0, scenes.length);
  const scene = scenes[at] ?? [];
  const reloadIfNew = useReloadOnNewBuild();

  const turn = (by: number) => void setIndex(sceneAt(at, by, scenes.length));
  useInterval(
    () => {
      void reloadIfNew().then((reloads) => {
        if (!reloads && scenes.length > 1) turn(1);
      });
    },
    held ? undefined : seconds * 1_000,
  );
  useKeys('arrowright', () => turn(1));
  useKeys('arrowleft', () => turn(-1));
  useKeys('space', () => setHeld(!held));
  useKeys('escape', () => router.push('/'));

  return (
    <main
      data-testid="wall"
      data-scene={at}
      data-scenes={scenes.length}
      data-theme={theme}
      className={clsx('fixed inset-0 overflow-hidden', idle && 'cursor-none')}
      style={{ background: WALL_BACKGROUND[theme] }}
    >
      <h1 className="sr-only">Wall</h1>
      <div
        className="absolute inset-[14px] flex flex-col gap-3"
        style={{ transform: `translate(${shiftX}px, ${shiftY}px)` }}
      >
        <WallBanner tickers={tickers} />
        <WallStage
          scene={{ at, symbols: scene }}
          tickers={tickers}
          served={shown}
          instruments={instruments}
        />
        <Strip at={at} count={scenes.length} held={held} seconds={seconds} />
      </div>
    </main>
  );
}

function Strip(props: {
  readonly at: number;
  readonly count: number;
  readonly held: boolean;
  readonly seconds: number;
}) {
  const now = useNow();
  const problems = addressProblems('/wall', useSearchParams().toString());
  return (
    <footer className="wall-strip">
      <span className="num whitespace-nowrap">{timeText(now, 'utc')} UTC</span>
      {problems.length > 0 && (
        <span data-testid="wall-address" role="status" className="min-w-0 break-words text-delayed">
          {problems.map(({ title, expected }) => `${title} (${expected})`).join(' · ')}
        </span>
      )}
      <span className="flex items-center gap-[1.4vmin]">
        {props.held && <span className="text-delayed">HELD</span>}
        {props.count > 1 && (
          <>
            <span className="num">
              {props.at + 1}/{props.count}
            </span>
            <svg viewBox="0 0 20 20" className="wall-ring" aria-hidden>
              <circle cx="10" cy="10" r="8" />
              {!props.held && (
                <circle
                  key={props.at}
                  cx="10"
                  cy="10"
                  r="8"
                  pathLength="100"
                  className="wall-ring-run"
                  style={{ animationDuration: `${props.seconds}s` }}
                />
              )}
            </svg>
          </>
        )}
      </span>
    </footer>
  );
}
