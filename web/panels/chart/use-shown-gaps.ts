'use client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';

import type { EpochMs } from '@tapedeck/market/number/level';

import type { DataState } from '../../live/live.ts';
import { queryKeys } from '../../queries/query-keys.ts';
import { type ChartGap, openGap, withOpenGap } from './chart-gap.ts';

/** A gap is in the history a moment after it has begun or ended. */
const WRITTEN_MS = 3_000;
const NONE: readonly ChartGap[] = [];

/**
 * The recorded gaps and the one that goes on now, which grows with the state's age. When one begins or ends, the
 * sessions are requested again: the history knows the reason.
 */
export function useShownGaps(
  recorded: readonly ChartGap[] = NONE,
  state: DataState,
  newest: EpochMs | undefined,
): readonly ChartGap[] {
  const client = useQueryClient();
  const open = openGap(state, newest);
  const isOpen = open !== undefined;
  const wasOpen = useRef(isOpen);
  useEffect(() => {
    if (wasOpen.current === isOpen) return undefined;
    wasOpen.current = isOpen;
    const timer = setTimeout(
      () => void client.invalidateQueries({ queryKey: queryKeys.sessions }),
      WRITTEN_MS,
    );
    return () => clearTimeout(timer);
  }, [client, isOpen]);
  const { from, to, reason } = open ?? {};
  return useMemo(
    () =>
      from === undefined || to === undefined || reason === undefined
        ? recorded
        : withOpenGap(recorded, { from, to, reason, isOpen: true }),
    [recorded, from, to, reason],
  );
}
