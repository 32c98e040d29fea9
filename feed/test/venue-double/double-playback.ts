/* A market of the double that sends recorded frames as they are, with their times, once. */
import type { EpochMs } from '@tapedeck/market/number/level';

import {
  type DoubleFrame,
  type DoubleMarket,
  type DoubleTrade,
  TruthBook,
} from './double-market.ts';
import type { DoubleSpeech } from './double-venue.ts';

export type PlayedFrame = DoubleFrame & { readonly at: EpochMs };

/** After the client has subscribed, and within the time that it waits for first data. */
const BEGIN_MS = 1_000;

export class PlaybackDouble implements DoubleMarket {
  readonly id: string;
  readonly truth = new TruthBook();
  readonly trades: readonly DoubleTrade[] = [];
  readonly eventTime = 0;
  readonly #frames: readonly PlayedFrame[];
  #at = 0;

  constructor(id: string, frames: readonly PlayedFrame[]) {
    this.id = id;
    this.#frames = frames;
  }

  /** How long all frames take, the time before the first included. */
  get lengthMs(): number {
    const [first, last] = [this.#frames[0], this.#frames.at(-1)];
    return BEGIN_MS + ((last?.at ?? 0) - (first?.at ?? 0));
  }

  startAt(): void {}
  renumber(): void {}

  next(): ReturnType<DoubleMarket['next']> {
    const [before, frame] = [this.#frames[this.#at - 1], this.#frames[this.#at]];
    this.#at++;
    const afterMs =
      frame === undefined ? 1e9 : before === undefined ? BEGIN_MS : frame.at - before.at;
    return { afterMs: Math.max(0, afterMs), happen: () => (frame === undefined ? [] : [frame]) };
  }
}

/** A venue's answers to subscriptions, without anything else. */
export function playbackSpeech(
  talk: Pick<DoubleSpeech<DoubleMarket>, 'isPath' | 'hear'>,
  first: DoubleSpeech<PlaybackDouble>['first'] = () => [],
): DoubleSpeech<PlaybackDouble> {
  return { ...talk, first, rest: () => undefined };
}
