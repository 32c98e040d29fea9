import type { WrittenGap } from '@tapedeck/market/instrument/session';
import type { EpochMs } from '@tapedeck/market/number/level';

import { DAMAGED, type ScannedSegment } from '../book/book-store.ts';
import { asHistoryError } from '../database/history-error.ts';
import { type History, openHistory } from '../history.ts';

/**
 * Turns damaged segments of one market into gaps. Adjacent ones form one gap, which lasts until the next readable
 * segment or the end of the session.
 */
export class DamagedStretches {
  readonly #symbol: string;
  readonly #end: EpochMs;
  readonly #holes: WrittenGap[] = [];
  #open = false;

  /** `end`: one past the session's last event. */
  constructor(symbol: string, end: EpochMs) {
    this.#symbol = symbol;
    this.#end = end;
  }

  get holes(): readonly WrittenGap[] {
    const last = this.#holes.at(-1);
    if (!this.#open || last === undefined) return this.#holes;
    return [...this.#holes.slice(0, -1), { ...last, to: Math.max(last.to, this.#end) }];
  }
  /** Whether the last segment was damaged: then there is no book to compare the next keyframe with. */
  get open(): boolean {
    return this.#open;
  }

  /** Call with the segments in order. */
  add(scanned: ScannedSegment): void {
    const { startTime } = scanned.damage === undefined ? scanned.segment : scanned;
    const last = this.#open ? this.#holes.pop() : undefined;
    if (scanned.damage === undefined) {
      this.#open = false;
      if (last !== undefined) this.#push(last.from, startTime);
      return;
    }
    this.#open = true;
    this.#push(last?.from ?? startTime, scanned.endTime);
  }

  #push(from: EpochMs, to: EpochMs): void {
    this.#holes.push({
      symbol: this.#symbol,
      from,
      to: Math.max(to, from + 1),
      reason: DAMAGED,
    });
  }
}

/**
 * Records the gaps that damaged segments leave in a session, or in all sessions, so that readers see them. Returns
 * the number of new gaps.
 * @throws HistoryError if the file cannot be written.
 */
export function noteDamage(path: string, session?: string): number {
  const history = openHistory(path);
  try {
    const ids = history.sessions
      .list()
      .filter(({ id }) => session === undefined || id === session)
      .flatMap(({ id, symbols }) => symbols.map((symbol) => ({ id, symbol })));
    return ids.reduce((sum, { id, symbol }) => sum + note(history, id, symbol), 0);
  } catch (error) {
    throw asHistoryError(error, `cannot record the damage of ${path}`);
  } finally {
    history.close();
  }
}

function note(history: History, id: string, symbol: string): number {
  const stretches = new DamagedStretches(symbol, history.sessions.endOf(id) + 1);
  for (const scanned of history.books.scan(id, symbol)) stretches.add(scanned);
  return stretches.holes.filter((hole) => history.sessions.addGap(id, hole)).length;
}
