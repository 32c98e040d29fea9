import type { SqliteConnection } from '../database/database.ts';
import { HistoryError } from '../database/history-error.ts';
import { encodeBook } from './segment-keyframe.ts';
import { SegmentReader, type SegmentRow } from './segment-reader.ts';
import { PayloadSealer, retoldKeyframe, toldKeyframe } from './segment-seal.ts';
import { VarintWriter } from './varint.ts';

/** The market whose first segments are about to be deleted; `key` is the integer in their rows. */
export type PromotedMarket = {
  readonly key: number;
  readonly session: string;
  readonly symbol: string;
};

const COLUMNS =
  'id, start_time, end_time, start_sequence, end_sequence, continues, hash, keyframe, deltas';

/**
 * Before segments are deleted: if the keyframe of the next segment is stored as a CRC, to be rebuilt from them, this
 * stores the full keyframe, and numbers the chain of segments that depend on it from there. A keyframe that cannot be
 * rebuilt is damaged already, and deleting makes it no worse.
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

  /** Call in the transaction that deletes everything up to and including `last`, before deleting. */
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
