import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';

/** A way to keep book history, as the benchmark sees it. */
export interface MeasuredStore {
  readonly name: string;
  /** How a seek finds its state: by a keyframe, or by reading all from the start. */
  readonly seeks: 'keyframe' | 'scan';
  /** Writes everything, durably by its own lights, and closes what it opened. */
  write(folder: string, snapshot: BookSnapshot, deltas: readonly BookDelta[]): void;
  /** Reads all of it and applies it to a book; returns the book's sequence, which proves that it got to the end. */
  replay(folder: string): number;
  /** Opens for seeking; each call of the result gives the best bid before `at`. */
  seeker(folder: string): { bestBidBefore(at: number): number; close(): void };
}
