/*
 * Keeps a local Binance book from diffs and a REST snapshot that arrives among them, by the venue's own rules:
 *
 *   waiting ──snapshot──▶ bridging ──first diff that spans it──▶ synced ──hole──▶ waiting
 *      ▲                     │  a first diff beyond it: the snapshot is too old
 *      └─────────────────────┘
 *
 * What follows what is said in `binance-check.ts`. A hole is never repaired by guessing.
 */
import type { EpochMs } from '@tapedeck/market/number/level';

import type { BookStep, GridDiff, GridSnapshot, Timed, VenueBook } from '../venue-book.ts';
import type { VenueId } from '../venue-event.ts';
import { checkBinance } from './binance-check.ts';

/**
 * Diffs kept while waiting for a snapshot: at ten per second more than ten minutes. Older ones are too old to bridge.
 */
const MAX_WAITING = 8_192;

/** The bootstrap state machine. Steps are yielded in execution order. */
export class BinanceBook implements VenueBook {
  #lastId: VenueId | undefined;
  #snapshot: Timed<GridSnapshot> | undefined;
  #waiting: Timed<GridDiff>[] = [];
  #latestTime: EpochMs | undefined;
  /** Why a change may be missing, until the next number proves that none is. */
  #doubt: string | undefined;

  /** True while diffs chain from a snapshot. */
  get synced(): boolean {
    return this.#lastId !== undefined;
  }

  *snapshot(snapshot: GridSnapshot, receiveTime: EpochMs): Generator<BookStep> {
    // A synced book has more levels than a snapshot of a thousand.
    if (this.#lastId !== undefined) return;
    this.#snapshot = { value: snapshot, receiveTime };
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { value, receiveTime: time } of waiting) yield* this.diff(value, time);
  }

  *diff(diff: GridDiff, receiveTime: EpochMs): Generator<BookStep> {
    this.#latestTime = Math.max(this.#latestTime ?? 0, diff.eventTime);
    const last = this.#lastId;
    if (last === undefined) {
      yield* this.#bridge(diff, receiveTime);
    } else if (diff.lastId <= last) {
      yield { type: 'duplicate' };
    } else if (
      checkBinance({ id: last, eventTime: undefined, isSnapshot: false }, diff) === 'apply'
    ) {
      this.#lastId = diff.lastId;
      this.#doubt = undefined;
      yield { type: 'apply', diff, receiveTime };
    } else {
      const first = diff.previousId ?? diff.firstId;
      yield {
        type: 'hole',
        problem: 'book-gap',
        detail: `diff that follows ${first} after update ${last}`,
      };
      this.#lastId = undefined;
      this.#wait(diff, receiveTime);
    }
  }

  *lost(detail: string, isCertain: boolean): Generator<BookStep> {
    if (this.#lastId === undefined) return;
    if (!isCertain) {
      this.#doubt ??= detail;
      return;
    }
    this.#lastId = undefined;
    this.#doubt = undefined;
    yield { type: 'hole', problem: 'book-gap', detail };
  }

  /** At the end of a recording: a snapshot without a following diff is still a book. */
  *end(): Generator<BookStep> {
    if (this.#lastId === undefined && this.#snapshot !== undefined) {
      yield* this.#begin(this.#snapshot, Number.MAX_SAFE_INTEGER);
    }
    // No change followed whose number would have revealed it.
    if (this.#doubt !== undefined) yield* this.lost(this.#doubt, true);
  }

  *#bridge(diff: GridDiff, receiveTime: EpochMs): Generator<BookStep> {
    const pending = this.#snapshot;
    if (pending === undefined) {
      this.#wait(diff, receiveTime);
      return;
    }
    const { updateId } = pending.value;
    const mark = { id: updateId, eventTime: undefined, isSnapshot: true };
    const verdict = checkBinance(mark, diff);
    if (verdict === 'old') return;
    if (verdict !== 'apply') {
      this.#snapshot = undefined;
      yield {
        type: 'unbridged',
        detail: `snapshot ${updateId} is older than the first diff kept (${diff.firstId}..${diff.lastId})`,
      };
      this.#wait(diff, receiveTime);
      return;
    }
    yield* this.#begin(pending, diff.eventTime);
    this.#lastId = diff.lastId;
    yield { type: 'apply', diff, receiveTime };
  }

  /** Spot's snapshot has no time: it is no later than the diff that bridges it, nor than what was received before. */
  *#begin(pending: Timed<GridSnapshot>, firstDiffTime: EpochMs): Generator<BookStep> {
    const { value: snapshot, receiveTime } = pending;
    const own = snapshot.eventTime ?? this.#latestTime ?? receiveTime;
    this.#snapshot = undefined;
    this.#doubt = undefined;
    this.#lastId = snapshot.updateId;
    yield { type: 'begin', snapshot, eventTime: Math.min(own, firstDiffTime), receiveTime };
  }

  #wait(diff: GridDiff, receiveTime: EpochMs): void {
    const { firstId, lastId, previousId, eventTime, bids, asks, text } = diff;
    // A copy: a diff may be valid for this call only.
    const value = { firstId, lastId, previousId, eventTime, bids, asks, text };
    this.#waiting.push({ value, receiveTime });
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
  }
}
