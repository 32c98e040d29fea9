import { join } from 'node:path';

import { OrderBook } from '@tapedeck/market/book/order-book';

import { openHistory } from '../src/history.ts';
import { SessionWriter } from '../src/recording/session-writer.ts';
import type { MeasuredStore } from './measured-store.ts';

const SYMBOL = 'BTC-USD@bench';
const SESSION = 'bench';
/** The number of deltas that the recorder's worker commits at once when it is very busy. */
const DELTAS_PER_FLUSH = 5_000;

/** The product: `SessionWriter` and `BookStore`, with all rules on. */
export const segmentStore: MeasuredStore = {
  name: 'segments (the product)',
  seeks: 'keyframe',

  write(folder, snapshot, deltas) {
    const history = openHistory(join(folder, 'segments.db'));
    const now = snapshot.eventTime;
    const writer = SessionWriter.begin(history, {
      id: SESSION,
      label: 'benchmark',
      source: 'sim',
      state: 'recording',
      origin: {},
      now,
    });
    writer.addInstrument({
      symbol: SYMBOL,
      venue: 'bench',
      base: 'BTC',
      quote: 'USD',
      tickSize: '0.1',
      lotSize: '0.00001',
    });
    writer.snapshot(SYMBOL, snapshot);
    let at = 0;
    for (const delta of deltas) {
      if (writer.delta(SYMBOL, delta) !== 'apply') throw new Error(`refused ${delta.sequence}`);
      if (++at % DELTAS_PER_FLUSH === 0) writer.flush({ partial: true, now });
    }
    writer.close(now);
    history.close();
  },

  replay(folder) {
    const history = openHistory(join(folder, 'segments.db'), { readonly: true });
    const book = new OrderBook();
    history.books.playInto(book, SESSION, SYMBOL);
    history.close();
    return book.sequence;
  },

  seeker(folder) {
    const history = openHistory(join(folder, 'segments.db'), { readonly: true });
    return {
      bestBidBefore: (at) => history.books.at(SYMBOL, at, SESSION)?.book.bids[0]?.[0] ?? 0,
      close: () => history.close(),
    };
  },
};
