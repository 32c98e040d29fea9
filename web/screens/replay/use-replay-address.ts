'use client';
import { debounce, parseAsString, useQueryStates } from 'nuqs';
import { useEffect, useRef } from 'react';

import type { EpochMs } from '@tapedeck/market/number/level';

import { placeFrom, placeQuery } from '../../address/replay-link.ts';
import { useInterval } from '../../hooks/use-interval.ts';
import type { ReplayView } from '../../live/live.ts';

/** The clock is written to the address once it has rested this long, so that a drag writes it once. */
const REST_MS = 250;
/** While the replay runs, a reload may lose this much. */
const RUNNING_MS = 2_000;

/**
 * Keeps moment, speed and symbol in the address, so that a reload, Back or a second tab shows the same moment. They
 * replace the current history entry, without adding one; Back to an entry seeks to its moment.
 */
export function useReplayAddress(options: {
  readonly view: ReplayView | undefined;
  readonly symbol: string;
  /** The address has another moment: that of an entry to which the user went back. */
  readonly onMoment: (at: EpochMs) => void;
}): void {
  const { view, symbol, onMoment } = options;
  const [, setPlace] = useQueryStates({ t: parseAsString, s: parseAsString, sym: parseAsString });
  const isRunning = view?.state === 'playing' || view?.state === 'buffering';
  const place =
    view === undefined ? undefined : placeQuery({ at: view.clock, speed: view.speed, symbol });

  const resting = isRunning || place === undefined ? undefined : JSON.stringify(place);
  useEffect(() => {
    if (resting === undefined) return;
    void setPlace(JSON.parse(resting) as typeof place & object, {
      history: 'replace',
      limitUrlUpdates: debounce(REST_MS),
    });
  }, [resting, setPlace]);
  useInterval(() => {
    if (isRunning && place !== undefined) void setPlace(place, { history: 'replace' });
  }, RUNNING_MS);

  const latest = useRef({ onMoment, clock: view?.clock });
  useEffect(() => {
    latest.current = { onMoment, clock: view?.clock };
  });
  useEffect(() => {
    const path = location.pathname;
    const onBack = (): void => {
      if (location.pathname !== path) return;
      const { at } = placeFrom({ t: new URLSearchParams(location.search).get('t') });
      if (at !== undefined && at !== latest.current.clock) latest.current.onMoment(at);
    };
    addEventListener('popstate', onBack);
    return () => removeEventListener('popstate', onBack);
  }, []);
}
