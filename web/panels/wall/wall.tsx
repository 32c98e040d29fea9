'use client';
import clsx from 'clsx';
import { useRouter, useSearchParams } from 'next/navigation';
import { parseAsArrayOf, parseAsString, useQueryState } from 'nuqs';
import { useEffect, useMemo, useRef, useState } from 'react';

import { isOld } from '../../format/state-text.ts';
import { stopwatchText, timeText } from '../../format/time-text.ts';
import { useInterval } from '../../hooks/use-interval.ts';
import { useKeys } from '../../hooks/use-keys.ts';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import {
  useEventStream,
  useFigures,
  useInstruments,
  useLinkState,
  useNow,
  useTickers,
  type TickerView,
  type View,
} from '../../live/live.ts';
import { addressProblems } from '../address-problems.ts';
import { wholeParser } from '../url-state.ts';
import { sceneAt, scenesOf, spansOf } from './scenes.ts';
import { UnknownTile } from './unknown-tile.tsx';
import { useIdleCursor, usePixelShift, useWakeLock, useWallTheme } from './use-kiosk.ts';
import { everyParser } from './wall-address.ts';
import { WALL_BACKGROUND, type WallTheme } from './wall-theme.ts';
import { WallTile } from './wall-tile.tsx';

/** How long a page load may take before the old page is kept for another round. */
const PRELOAD_MS = 10_000;

/**
 * `/wall`: scenes of at most six tiles that turn by themselves. All stores stay subscribed while scenes change, so a
 * scene is right from its first frame. The URL is the only configuration.
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
  // Kept in the URL so that a reload, wanted or not, comes back to the same scene.
  const [index, setIndex] = useQueryState('scene', wholeParser.withDefault(0));
  const [held, setHeld] = useState(false);

  const symbols = useMemo(
    () =>
      named !== null && named.length > 0
        ? named
        : instruments.filter((one) => one.state !== 'recorded').map((one) => one.symbol),
    [named, instruments],
  );
  // The feed's list says which names are none; before it came nothing is denied.
  const known = useMemo(() => new Map(instruments.map((one) => [one.symbol, one])), [instruments]);
  const shown = useMemo(
    () =>
      known.size === 0
        ? symbols
        : symbols.filter((one) => (known.get(one)?.state ?? 'recorded') !== 'recorded'),
    [symbols, known],
  );
  const tickers = useTickers(shown);
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
        <Banner tickers={tickers} />
        <div key={`${at}:${scene.join()}`} className="wall-scene min-h-0 flex-1">
          {scene.map((symbol, tile) => {
            const span = spansOf(scene.length)[tile] ?? 2;
            return shown.includes(symbol) ? (
              <WallTile key={symbol} symbol={symbol} view={tickers.get(symbol)} span={span} />
            ) : (
              <UnknownTile
                key={symbol}
                symbol={symbol}
                recorded={known.has(symbol)}
                known={instruments}
                span={span}
              />
            );
          })}
          {scene.length === 0 && (
            <p className="wall-label self-center text-center text-faint">Waiting for the feed…</p>
          )}
        </div>
        <Strip at={at} count={scenes.length} held={held} seconds={seconds} />
      </div>
    </main>
  );
}

/** Across the top when nothing on the wall can be believed. */
function Banner({ tickers }: { readonly tickers: ReadonlyMap<string, View<TickerView>> }) {
  const link = useLinkState();
  const now = useNow();
  const views = [...tickers.values()];
  const seen = views.filter((view) => view.value !== undefined);
  const allOld = seen.length > 0 && seen.every((view) => isOld(view.state));
  const down = link.state === 'waiting' || link.state === 'closed';
  const chaos = useEventStream().chaos === true;
  if (!allOld && !down && chaos)
    return (
      <div role="alert" data-testid="wall-banner" className="wall-banner">
        <strong>CHAOS: FAULTS ON PURPOSE</strong>
      </div>
    );
  if (!allOld && !down) return null;
  const newest = Math.max(0, ...seen.map((view) => view.value?.eventTime ?? 0));
  return (
    <div role="alert" data-testid="wall-banner" className="wall-banner">
      <strong>{down ? 'NO LINK TO THE FEED' : 'ALL DATA IS STALE'}</strong>
      {newest > 0 && (
        <span className="num">
          last {timeText(newest, 'utc')} UTC, {stopwatchText(now - newest)} ago
        </span>
      )}
      {down && <span>retrying</span>}
    </div>
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

/**
 * Returns a check for the moment between two scenes: with another build behind the feed than the page started with, it
 * loads the page once beforehand and only then reloads, so that a dead server never leaves an empty screen.
 */
function useReloadOnNewBuild(): () => Promise<boolean> {
  const { build } = useFigures();
  const first = useRef<string>(undefined);
  const newest = useRef<string>(undefined);
  useEffect(() => {
    if (build === undefined) return;
    first.current ??= build;
    newest.current = build;
  }, [build]);
  return async () => {
    if (newest.current === first.current) return false;
    try {
      const response = await fetch(location.href, {
        cache: 'no-store',
        signal: AbortSignal.timeout(PRELOAD_MS),
      });
      if (!response.ok) return false;
    } catch {
      return false;
    }
    location.reload();
    return true;
  };
}
