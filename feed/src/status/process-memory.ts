import { getHeapStatistics } from 'node:v8';

let lastRss = 0;

/**
 * Resident memory. Node opens a file to know it: where no descriptor is left the last value stands, for a number on a
 * status page is not worth an end (P35a).
 */
export function residentBytes(): number {
  try {
    lastRss = process.memoryUsage.rss();
  } catch {
    // EMFILE.
  }
  return lastRss;
}

/** Used heap, which V8 knows without looking anywhere. */
export function heapBytes(): number {
  return getHeapStatistics().used_heap_size;
}
