import type { DataState } from '../../live/live.ts';

const WATERMARKS: Partial<Record<DataState['kind'], readonly [string, string]>> = {
  replay: ['REPLAY', '--replay'],
  stale: ['STALE', '--text-3'],
  disconnected: ['DISCONNECTED', '--text-3'],
  halted: ['HALTED', '--delayed'],
};

/** The text behind the candles, and its colour. A replay in another state shows both, e.g. `REPLAY · STALE`. */
export function watermarkOf(
  kind: DataState['kind'],
  isReplay: boolean,
): readonly [string | undefined, string] {
  const [word, colour] = WATERMARKS[kind] ?? [undefined, '--text-3'];
  if (!isReplay || kind === 'replay') return [word, colour];
  return [word === undefined ? 'REPLAY' : `REPLAY \u00b7 ${word}`, '--replay'];
}
