import type { CandleInterval } from '@tapedeck/market/tape/candle';

import type { CandleUpdate } from '../model/view-model.ts';
import { flushLoop } from './browser-deck.ts';
import { type CandleHistory, CandleJoin, type JoinResult } from './candle-join.ts';
import type { Deck } from './deck.ts';

/**
 * Calls back with the candles of a symbol for a chart's `update()`: every closed candle and the newest forming one, in
 * order, as they come; the chart decides when it draws. `'reset'` says that what the chart has may have a hole (a seek, a reconnect,
 * another epoch): fetch the history again. `history` gives the history that the chart shows, as `GET /v1/candles`
 * answered it, or undefined while it is on its way; updates wait for it and are joined by sequence. After a reset it is
 * asked again and must give a new object.
 */
export function subscribeCandles(
  deck: Deck,
  symbol: string,
  interval: CandleInterval,
  onUpdate: (update: CandleUpdate | 'reset') => void,
  history?: () => CandleHistory | undefined,
): () => void {
  const join = new CandleJoin();
  let seededWith: CandleHistory | undefined;
  let closed: CandleUpdate[] = [];
  let forming: CandleUpdate | undefined;
  let isReset = false;

  const take = ({ reset, updates }: JoinResult): void => {
    if (reset) {
      isReset = true;
      closed = [];
      forming = undefined;
    }
    for (const update of updates) {
      if (update.state === 'closed') {
        closed.push(update);
        forming = undefined;
      } else forming = update;
    }
  };
  const seed = (): void => {
    if (join.isSeeded) return;
    const given = history === undefined ? EMPTY_HISTORY : history();
    if (given === undefined || (given === seededWith && history !== undefined)) return;
    seededWith = given;
    take(join.seed(given));
  };
  const flush = (): void => {
    seed();
    if (isReset) {
      isReset = false;
      onUpdate('reset');
    }
    if (closed.length === 0 && forming === undefined) return;
    const updates = forming === undefined ? closed : [...closed, forming];
    closed = [];
    forming = undefined;
    for (const update of updates) onUpdate(update);
  };

  const cancels = [
    flushLoop.add(flush),
    deck.onSeek(() => {
      join.reset();
      take({ reset: true, updates: [] });
      flushLoop.request();
    }),
    deck.listenCandles({ kind: 'candles', symbol, interval }, (batch) => {
      take(join.add(batch));
      // Not in the frame that was asked for: the chart draws in a frame of its own asking, which then is the same one.
      flush();
    }),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
}

/** Without a history of its own a chart takes the stream as it comes. */
const EMPTY_HISTORY: CandleHistory = { candles: [], asOfSequence: -1, epoch: '' };
