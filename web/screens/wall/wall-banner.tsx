'use client';
import { useState } from 'react';

import { isOld } from '../../format/state-text.ts';
import { stopwatchText, timeText } from '../../format/time-text.ts';
import {
  useEventStream,
  useLinkState,
  type LinkView,
  type TickerView,
  type View,
} from '../../live/live.ts';

/**
 * Whether the link is cut, from its end to its next welcome. Between two attempts it is `connecting`: for the people
 * in the room that is no better, and a banner that flickers with every attempt is not read.
 */
function useIsCut(state: LinkView['state']): boolean {
  const [isCut, setCut] = useState(false);
  const isDown = state === 'waiting' || state === 'closed';
  const isUp = state === 'open' || state === 'idle';
  if (isDown && !isCut) setCut(true);
  if (isUp && isCut) setCut(false);
  return isDown || (isCut && !isUp);
}

/** Across the top while nothing on the wall can be trusted. */
export function WallBanner({
  tickers,
}: {
  readonly tickers: ReadonlyMap<string, View<TickerView>>;
}) {
  const isCut = useIsCut(useLinkState().state);
  const seen = [...tickers.values()].filter((view) => view.value !== undefined);
  const allOld = seen.length > 0 && seen.every((view) => isOld(view.state));
  const chaos = useEventStream().chaos === true;
  if (!allOld && !isCut && chaos)
    return (
      <div role="alert" data-testid="wall-banner" className="wall-banner">
        <strong>CHAOS: FAULTS ON PURPOSE</strong>
      </div>
    );
  if (!allOld && !isCut) return null;
  const newest = Math.max(0, ...seen.map((view) => view.value?.eventTime ?? 0));
  // The tiles' own ages: a wall clock that is set back must not make anything look newer.
  const ages = seen.flatMap(({ state }) => ('ageMs' in state ? [state.ageMs] : []));
  const youngestMs = Math.min(...ages);
  return (
    <div role="alert" data-testid="wall-banner" className="wall-banner">
      <strong>{isCut ? 'NO LINK TO THE FEED' : 'ALL DATA IS STALE'}</strong>
      {newest > 0 && ages.length > 0 && (
        <span className="num">
          last {timeText(newest, 'utc')} UTC, {stopwatchText(youngestMs)} ago
        </span>
      )}
      {isCut && <span>retrying</span>}
    </div>
  );
}
