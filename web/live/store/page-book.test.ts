import { expect, test } from 'vitest';

import type { Moment, MonotonicMs } from '@tapedeck/market/time/clock';

import type { LadderView } from '../model/view-model.ts';
import { healthAt, OPEN_LINK } from '../test-reports.ts';
import { PageBook } from './page-book.ts';
import { ViewStore } from './view-store.ts';

const NOW: Moment = { wall: 1_760_000_000_000, at: 1_000 as MonotonicMs };

/** A ladder's store, whose value has the sequence of the book. */
class Ladder {
  listens = 0;
  readonly store = new ViewStore<LadderView>(NOW.at, undefined, (isActive) => {
    this.listens += isActive ? 1 : -1;
  });

  show(sequence: number): void {
    const value = { symbol: 'X@y', sequence } as unknown as LadderView;
    this.store.note({ key: 'l', value, health: healthAt(NOW) });
    this.store.flush({ link: OPEN_LINK, now: NOW, replayClock: undefined, isReplay: false });
  }
}

function bench() {
  const own = new Ladder();
  const book = new PageBook(() => own.store);
  const seen: (number | undefined)[] = [];
  const leave = book.subscribe(() => void seen.push(book.getSnapshot().value?.sequence));
  return { own, book, seen, leave };
}

test('what is shown beside a ladder is the very snapshot of that ladder, in every flush', () => {
  const { own, book, seen } = bench();
  own.show(1);
  const ladder = new Ladder();
  ladder.show(7);
  book.offer(ladder.store);
  expect(book.getSnapshot()).toBe(ladder.store.getSnapshot());
  own.show(2);
  ladder.show(8);
  expect(book.getSnapshot()).toBe(ladder.store.getSnapshot());
  expect(seen).toEqual([1, 7, 8]);
});

test('a regrouped ladder hands over to the new one, and without any ladder the page has its own book', () => {
  const { own, book, leave } = bench();
  const [before, after] = [new Ladder(), new Ladder()];
  before.show(1);
  after.show(2);
  const withdraw = book.offer(before.store);
  expect([own.listens, before.listens]).toEqual([0, 1]);
  withdraw();
  const withdrawAfter = book.offer(after.store);
  expect(book.getSnapshot().value?.sequence).toBe(2);
  expect([own.listens, before.listens, after.listens]).toEqual([0, 0, 1]);
  withdrawAfter();
  own.show(9);
  expect(book.getSnapshot().value?.sequence).toBe(9);
  leave();
  expect([own.listens, after.listens]).toEqual([0, 0]);
});
