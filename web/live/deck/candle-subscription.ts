import type { CandleInterval } from '@tapedeck/market/tape/candle';

import type { CandleUpdate } from '../model/view-model.ts';
import { flushLoop } from './browser-deck.ts';
import { type CandleHistory, CandleJoin, type JoinResult } from './candle-join.ts';
import type { Deck } from './deck.ts';

/**
 * Calls back with the candles of a symbol for a chart's `update()`: every closed candle and the newest forming one,
 * in order, as they arrive; the chart decides when it draws. `'reset'` means that the chart's candles may have a gap
 * (a seek, a reconnect, another epoch): fetch the history again. `history` returns the history that the chart shows,
 * from `GET /v1/candles`, or undefined while it is in flight; updates wait for it and are joined by sequence. After a
 * reset it is called again and must return a new object.
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

  const deliver = ({ reset, updates }: JoinResult): void => {
    if (reset) onUpdate('reset');
    for (const update of updates) onUpdate(update);
  };
  const seed = (): void => {
    if (join.isSeeded) return;
    const given = history === undefined ? EMPTY_HISTORY : history();
    if (given === undefined || (given === seededWith && history !== undefined)) return;
    seededWith = given;
    deliver(join.seed(given));
  };

  const cancels = [
    flushLoop.add(seed),
    deck.onSeek(() => {
      join.reset();
      onUpdate('reset');
      flushLoop.request();
    }),
    deck.listenCandles({ kind: 'candles', symbol, interval }, (batch) => {
      // At once: the chart then asks for the very frame in which the panels change. The worker has left one update of
      // the forming candle in a batch.
      deliver(join.add(batch));
      seed();
    }),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
}

/** Without a history a chart takes the stream as it comes. */
const EMPTY_HISTORY: CandleHistory = { candles: [], asOfSequence: -1, epoch: '' };
