import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';

/** A way to store book history, as the benchmark uses it. */
export interface MeasuredStore {
  readonly name: string;
  /** How a seek finds its state: from a keyframe, or by reading everything from the start. */
  readonly seeks: 'keyframe' | 'scan';
  /** Writes everything, as durably as this store can, and closes it. */
  write(folder: string, snapshot: BookSnapshot, deltas: readonly BookDelta[]): void;
  /**
   * Reads everything and applies it to a book; returns the book's sequence, which proves that the end was reached.
   */
  replay(folder: string): number;
  /** Opens the store for seeking; the returned function returns the best bid before `at`. */
  seeker(folder: string): { bestBidBefore(at: number): number; close(): void };
}
