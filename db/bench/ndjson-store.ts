import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

import type { BookDelta, BookSnapshot } from '@tapedeck/market/book/book-delta';
import { OrderBook } from '@tapedeck/market/book/order-book';

import type { MeasuredStore } from './measured-store.ts';

const MINUTE_MS = 60_000;
const SUFFIX = '.ndjson.gz';

/** Gzipped lines of JSON, one file per minute, each starting with the full book, as many recorders write them. */
export const ndjsonStore: MeasuredStore = {
  name: 'gzipped NDJSON, a file a minute',
  seeks: 'keyframe',

  write(folder, snapshot, deltas) {
    const book = new OrderBook();
    book.applySnapshot(snapshot);
    let minute = minuteOf(snapshot.eventTime);
    let lines = [JSON.stringify(snapshot)];
    const close = (): void =>
      writeFileSync(join(folder, `${minute}${SUFFIX}`), gzipSync(lines.join('\n')));
    for (const delta of deltas) {
      const own = minuteOf(delta.eventTime);
      if (own !== minute) {
        close();
        minute = own;
        lines = [JSON.stringify(book.snapshot())];
      }
      book.applyDelta(delta);
      lines.push(JSON.stringify(delta));
    }
    close();
  },

  replay(folder) {
    const book = new OrderBook();
    for (const [at, file] of filesOf(folder).entries()) {
      const [head, ...deltas] = readLines(join(folder, file));
      if (at === 0) book.applySnapshot(head as unknown as BookSnapshot);
      for (const delta of deltas) book.applyDelta(delta);
    }
    return book.sequence;
  },

  seeker(folder) {
    const minutes = filesOf(folder).map((file) => Number(file.slice(0, -SUFFIX.length)));
    return {
      bestBidBefore(at) {
        const minute = minutes.findLast((start) => start * MINUTE_MS < at) ?? minutes[0] ?? 0;
        const [head, ...deltas] = readLines(join(folder, `${minute}${SUFFIX}`));
        const book = new OrderBook();
        book.applySnapshot(head as unknown as BookSnapshot);
        for (const delta of deltas) {
          if (delta.eventTime >= at) break;
          book.applyDelta(delta);
        }
        return book.bids.priceAt(0) ?? 0;
      },
      close: () => undefined,
    };
  },
};

function minuteOf(time: number): number {
  return Math.floor(time / MINUTE_MS);
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

function readLines(path: string): readonly BookDelta[] {
  return gunzipSync(readFileSync(path))
    .toString()
    .split('\n')
    .map((line) => JSON.parse(line) as BookDelta);
}
