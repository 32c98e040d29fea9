'use client';

import { useMemo } from 'react';

import type { ReplayControls, ReplayView } from '../model/view-model.ts';
import { useDeck } from './deck-context.tsx';
import type { Deck } from './deck.ts';
import { useSignal } from './use-link.ts';

/** The replay's clock and state, its controls, and why it ended if the feed closed it. */
export function useReplay(): {
  readonly view: ReplayView | undefined;
  readonly controls: ReplayControls;
  readonly error?: string;
} {
  const deck = useDeck();
  const view = useSignal(deck.replay);
  const error = useSignal(deck.replayError);
  const controls = useMemo(() => controlsOf(deck), [deck]);
  return error === undefined ? { view, controls } : { view, controls, error };
}

function controlsOf(deck: Deck): ReplayControls {
  return {
    play: () => deck.command({ type: 'replay', command: 'play' }),
    pause: () => deck.command({ type: 'replay', command: 'pause' }),
    seek: (to) => deck.command({ type: 'replay', command: 'seek', to: Math.round(to) }),
    speed: (value) => deck.command({ type: 'replay', command: 'speed', value }),
    step: (unit, count, symbol) =>
      deck.command({ type: 'replay', command: 'step', unit, count, symbol }),
  };
}
