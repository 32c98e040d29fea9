import { createHash } from 'node:crypto';

import { CANDLE_INTERVALS } from '@tapedeck/market/tape/candle';

import { HistoryError } from '../database/history-error.ts';
import type { History } from '../history.ts';
import { segmentHash } from '../segment/segment-encoder.ts';
import { encodeDeltas, encodeKeyframe } from '../segment/segment-format-1.ts';
import { VarintWriter } from '../segment/varint.ts';

/**
 * sha256 of a session's markets: grids, segments, trades, candles, states and gaps, in order. Two sessions with the
 * same digest are the same recording, whatever their ids, files and formats, because books are hashed in the
 * canonical form of `segment-format-1.ts`.
 * @throws HistoryError `corrupt` if a segment is damaged.
 */
export function sessionDigest(history: History, id: string): string {
  const hash = createHash('sha256');
  const add = (...values: readonly unknown[]): void =>
    void hash.update(`${JSON.stringify(values)}\n`);
  const writer = new VarintWriter();
  for (const instrument of history.instruments.list(id)) {
    const { symbol, tickSize, lotSize } = instrument;
    add('instrument', symbol, tickSize, lotSize);
    for (const scanned of history.books.scan(id, symbol)) {
      if (scanned.damage !== undefined) throw new HistoryError('corrupt', scanned.damage);
      const { keyframe, deltas, continues } = scanned.segment;
      const digest = segmentHash(
        encodeKeyframe(keyframe, writer),
        encodeDeltas(keyframe, deltas, writer),
      );
      add('segment', continues, digest.toString('hex'));
    }
    for (const trade of history.trades.inSequence(id, symbol)) {
      const { sequence, eventTime, priceTicks, sizeLots, aggressor } = trade;
      add('trade', sequence, eventTime, priceTicks, sizeLots, aggressor);
    }
    for (const row of history.states.statesFrom(id, symbol, 0)) {
      const { time, state, reason, since, crossedSince = null } = row;
      add('state', time, state, reason, since, crossedSince);
    }
    // Intervals other than 1s and 1m come only from imported candles.
    for (const interval of CANDLE_INTERVALS) {
      for (const { candle, backfilled } of history.candles.stored(id, symbol, interval))
        add(interval, candle, backfilled);
    }
  }
  for (const { symbol, from, to, reason } of history.sessions.gaps(id))
    add('gap', symbol, from, to, reason);
  return hash.digest('hex');
}
