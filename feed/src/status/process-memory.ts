import { getHeapStatistics } from 'node:v8';

let lastRss = 0;

/**
 * Resident memory. Node opens a file to read it: if no descriptor is left the last value is returned, because a
 * number on a status page is not worth a crash (P35a).
 */
export function residentBytes(): number {
  try {
    lastRss = process.memoryUsage.rss();
  } catch {
    // EMFILE.
  }
  return lastRss;
}

/** Used heap, which V8 knows without opening a file. */
export function heapBytes(): number {
  return getHeapStatistics().used_heap_size;
}
