import type { SqliteConnection } from '../database/database.ts';
import { HistoryError } from '../database/history-error.ts';
import { encodeBook } from './segment-keyframe.ts';
import { SegmentReader, type SegmentRow } from './segment-reader.ts';
import { PayloadSealer, retoldKeyframe, toldKeyframe } from './segment-seal.ts';
import { VarintWriter } from './varint.ts';

/** The market whose segments are about to go, by the integer that they hang on. */
export type PromotedMarket = {
  readonly key: number;
  readonly session: string;
  readonly symbol: string;
};

const COLUMNS =
  'id, start_time, end_time, start_sequence, end_sequence, continues, hash, keyframe, deltas';

/**
 * Gives the segment after those that are about to be deleted a whole keyframe where its own is told by them, and counts
 * the chain that hangs on it anew. What cannot be rebuilt is damage, which deleting makes no worse.
 */
export class KeyframePromotion {
  readonly #preceding;
  readonly #following;
  readonly #update;

  constructor(connection: SqliteConnection) {
    const near = (side: '<' | '>', order: 'desc' | 'asc') =>
      connection.prepare<[number, number, number, number], SegmentRow>(
        `select ${COLUMNS} from segment where session_symbol = ?
         and (start_time, id) ${side} (?, ?)
         order by start_time ${order}, id ${order} limit ?`,
      );
    this.#preceding = near('<', 'desc');
    this.#following = near('>', 'asc');
    this.#update = connection.prepare('update segment set keyframe = ? where id = ?');
  }

  /** Within the transaction that deletes everything up to and with `last`, before it does. */
  prepare(market: PromotedMarket, last: Pick<SegmentRow, 'id' | 'start_time'>): void {
    const rowsAfter = (
      row: Pick<SegmentRow, 'id' | 'start_time'>,
      count: number,
    ): readonly SegmentRow[] => this.#following.all(market.key, row.start_time, row.id, count);
    const [first] = rowsAfter(last, 1);
    const told = first && toldKeyframe(first.keyframe);
    if (first === undefined || told === undefined) return;
    const reader = new SegmentReader(market, (row, count) =>
      this.#preceding.all(market.key, row.start_time, row.id, count),
    );
    try {
      const payload = encodeBook(reader.bookOf(first), new VarintWriter());
      this.#update.run(new PayloadSealer(1).seal(payload, true), first.id);
    } catch (error) {
      if (error instanceof HistoryError) return;
      throw error;
    }
    let chain = 0;
    let row = first;
    for (;;) {
      const [next] = rowsAfter(row, 1);
      if (next === undefined || toldKeyframe(next.keyframe) === undefined) return;
      this.#update.run(retoldKeyframe(next.keyframe, ++chain), next.id);
      row = next;
    }
  }
}
