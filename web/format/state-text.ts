import { unreachable } from '@tapedeck/market/number/assert';
import type { MonotonicMs } from '@tapedeck/market/time/clock';

import type { Cross } from '../live/model/cross.ts';
import type { DataState } from '../live/model/view-model.ts';
import { countText } from './rate-text.ts';
import { ageText, stopwatchText, timeText } from './time-text.ts';
import type { TimeZoneChoice } from './time-zone.ts';

/** How a state looks: each tone has its own colour; the words alone suffice. */
export type StateTone = 'calm' | 'delayed' | 'stale' | 'bad' | 'replay' | 'waiting';
export type StateText = {
  readonly text: string;
  readonly tone: StateTone;
  readonly detail: string;
};

/** The words of a state, the same in every panel. `now` is for countdowns. */
export function stateText(
  state: DataState,
  now: MonotonicMs,
  zone: TimeZoneChoice = 'utc',
): StateText {
  switch (state.kind) {
    case 'loading':
      return { text: 'LOADING', tone: 'waiting', detail: `Waiting for ${state.awaiting}` };
    case 'live':
      return { text: `LIVE ${ageText(state.ageMs)}`, tone: 'calm', detail: 'Fresh data' };
    case 'delayed':
      return {
        text: `DELAYED ${ageText(state.ageMs)}`,
        tone: 'delayed',
        detail: 'Older than a stream would be: late, or polled',
      };
    case 'stale':
      return {
        text: `STALE ${stopwatchText(state.ageMs)}`,
        tone: 'stale',
        detail: 'Old data. Do not act on these values',
      };
    case 'quiet':
      return {
        text: `QUIET ${ageText(state.ageMs)}`,
        tone: 'calm',
        detail: 'The market is silent; a heartbeat proved that nothing was missed',
      };
    case 'resyncing':
      return {
        text: gapText(state.from, state.to, state.ageMs),
        tone: 'delayed',
        detail:
          state.to > state.from
            ? `A gap in the sequence, ${countText(state.from)} \u2192 ${countText(state.to)}; a new snapshot is on its way`
            : 'The book restarts; its snapshot is on its way',
      };
    case 'disconnected':
      return {
        text: `DISCONNECTED ${stopwatchText(state.ageMs)}`,
        tone: 'bad',
        detail:
          state.retryAt === undefined
            ? 'No link to the feed'
            : `Next try in ${Math.max(0, Math.ceil((state.retryAt - now) / 1_000))} s`,
      };
    case 'halted':
      return { text: 'HALTED', tone: 'delayed', detail: state.reason };
    case 'empty':
      return { text: 'EMPTY', tone: 'waiting', detail: state.why };
    case 'no-book':
      return {
        text: 'NO BOOK',
        tone: 'calm',
        detail: state.mayCome
          ? 'The recording has no book at this moment'
          : 'No book was recorded; nothing is missing from the rest',
      };
    case 'error':
      return { text: 'ERROR', tone: 'bad', detail: state.message };
    case 'replay':
      return {
        text: `REPLAY ${timeText(state.clock, zone)}`,
        tone: 'replay',
        detail: 'On the replay clock; nothing here is live',
      };
    default:
      return unreachable(state);
  }
}

/** What fits in a pill. */
const GAP_CHARACTERS = 23;

/** A shorter age says less than the word alone. */
const RESYNC_AGE_MS = 1_000;

/** The ends of the gap, or its length if they do not fit; while only a snapshot is awaited, the age of the values. */
function gapText(from: number, to: number, ageMs: number): string {
  if (to <= from) return ageMs < RESYNC_AGE_MS ? 'RESYNCING' : `RESYNCING ${stopwatchText(ageMs)}`;
  const ends = `RESYNCING ${countText(from)} \u2192 ${countText(to)}`;
  return ends.length <= GAP_CHARACTERS ? ends : `RESYNCING gap ${countText(to - from)}`;
}

const CROSS_DETAIL: Readonly<Record<Cross, string>> = {
  crossed: 'The best bid is above the best ask: do not trust the spread',
  locked: 'The best bid and the best ask are the same price',
};

/**
 * The words of a state beside best prices. A crossed or locked book is not simply live, delayed or quiet; a worse
 * state keeps its own word. A replay shows the moment instead of an age.
 */
export function bookStateText(
  state: DataState,
  cross: Cross | undefined,
  now: MonotonicMs,
  zone: TimeZoneChoice = 'utc',
): StateText {
  const words = stateText(state, now, zone);
  if (cross === undefined) return words;
  const look = { tone: 'delayed', detail: CROSS_DETAIL[cross] } as const;
  const word = cross.toUpperCase();
  if (state.kind === 'replay') return { ...look, text: `${word} ${timeText(state.clock, zone)}` };
  const isWell = state.kind === 'live' || state.kind === 'delayed' || state.kind === 'quiet';
  return isWell ? { ...look, text: `${word} ${ageText(state.ageMs)}` } : words;
}

/** True if values in this state must not be mistaken for current ones: they are dimmed and hatched. */
export function isOld(state: DataState): boolean {
  return state.kind === 'stale' || state.kind === 'disconnected' || state.kind === 'resyncing';
}
