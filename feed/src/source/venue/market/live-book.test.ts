import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';

import { binanceSpot, binanceUsdm } from '../../../venue/binance/binance-live.ts';
import { krakenLive } from '../../../venue/kraken/kraken-live.ts';
import type { VenueDiff, VenueSnapshot } from '../../../venue/venue-event.ts';
import { LiveBook } from './live-book.ts';

const FIXTURES = fileURLToPath(new URL('../../../../fixtures/', import.meta.url));
const SPOT_GRID = { tickSize: '0.01', lotSize: '0.0001' };

function diff(firstId: number, lastId: number, previousId?: number): VenueDiff {
  const bids = [['10', String(lastId)]] as const;
  return { type: 'diff', firstId, lastId, previousId, eventTime: 1_000 + lastId, bids, asks: [] };
}

function snapshot(updateId: number): VenueSnapshot {
  const levels = { bids: [['10', '1']], asks: [['11', '1']] } as const;
  return { type: 'snapshot', updateId, eventTime: undefined, ...levels };
}

const spot = (): LiveBook => new LiveBook(binanceSpot.rule, true, SPOT_GRID);

test('Kraken: all 340 recorded checksums hold, with decimal places stated, unstated, and stated wrong', () => {
  const lines = gunzipSync(readFileSync(`${FIXTURES}kraken-v2-20230730/btcusd.ndjson.gz`))
    .toString()
    .trim()
    .split('\n');
  expect(lines.length).toBe(340);
  for (const grid of [
    { tickSize: '0.1', lotSize: '0.00000001' },
    undefined,
    { tickSize: '0.01', lotSize: '0.0001' },
  ]) {
    const book = new LiveBook(krakenLive.rule, false, grid);
    let whole = 0;
    for (const line of lines)
      for (const finding of krakenLive.frame(line)) {
        if (finding.kind !== 'event') throw new Error(finding.kind);
        const { event } = finding;
        const outcome =
          event.type === 'snapshot' ? book.snapshot(event) : book.diff(event as VenueDiff);
        if (outcome.type === 'gap') throw new Error(outcome.detail);
        if (outcome.type !== 'waits') whole++;
      }
    // The snapshot has no time: the book begins with the delta after it.
    expect(whole).toBe(339);
    expect(book.mark?.eventTime).toBe(Date.parse('2023-07-30T15:30:27.910Z'));
  }
});

test('Kraken: the next checksum reveals a lost delta', () => {
  const lines = gunzipSync(readFileSync(`${FIXTURES}kraken-v2-20230730/btcusd.ndjson.gz`))
    .toString()
    .trim()
    .split('\n');
  let found = 0;
  for (let lost = 10; lost < 60; lost++) {
    const book = new LiveBook(krakenLive.rule, false, undefined);
    const gap = lines.slice(0, lost + 12).findIndex((line, i) => {
      if (i === lost) return false;
      const [finding] = krakenLive.frame(line);
      if (finding?.kind !== 'event') return false;
      const { event } = finding;
      const outcome =
        event.type === 'snapshot' ? book.snapshot(event) : book.diff(event as VenueDiff);
      return outcome.type === 'gap';
    });
    if (gap === lost + 1) found++;
    else expect(gap === -1 || gap > lost, `${lost}`).toBe(true);
  }
  // The next delta overwrites a few of the lost ones, and then nothing is missing.
  expect(found).toBeGreaterThan(40);
});

test('V7: spot begins with the first delta that spans the snapshot; older ones are already in it', () => {
  const book = spot();
  for (const each of [diff(1, 4), diff(5, 7), diff(8, 9)])
    expect(book.diff(each).type).toBe('waits');
  expect(book.wantsSnapshot).toBe(true);
  expect(book.snapshot(snapshot(5))).toMatchObject({ type: 'began', eventTime: 1_009 });
  expect(book.levels.bids).toEqual([[1_000, 90_000]]);
  expect(book.diff(diff(10, 11)).type).toBe('changed');
});

test('V7: a snapshot older than the buffered deltas is requested again, and the buffer is kept', () => {
  const book = spot();
  for (const each of [diff(11, 12), diff(13, 14)]) book.diff(each);
  expect(book.snapshot(snapshot(5)).type).toBe('waits');
  expect(book.wantsSnapshot).toBe(true);
  expect(book.snapshot(snapshot(11))).toMatchObject({ type: 'began' });
  expect(book.mark?.id).toBe(14);
});

test('a snapshot newer than the buffered deltas is kept for the delta that follows it', () => {
  const book = spot();
  book.diff(diff(1, 4));
  expect(book.snapshot(snapshot(9)).type).toBe('waits');
  expect(book.wantsSnapshot).toBe(false);
  expect(book.diff(diff(8, 9)).type).toBe('waits');
  expect(book.diff(diff(10, 12))).toMatchObject({ type: 'began' });
});

test('V13: deltas buffered before the venue reset its sequence do not block a snapshot', () => {
  const book = spot();
  for (const each of [diff(1_001, 1_002), diff(1_003, 1_004), diff(1, 4)]) book.diff(each);
  expect(book.snapshot(snapshot(9)).type).toBe('waits');
  expect(book.wantsSnapshot).toBe(false);
  expect(book.diff(diff(8, 12))).toMatchObject({ type: 'began' });
  expect(book.mark?.id).toBe(12);
});

test('a gap, a duplicate and a sequence reset are distinguished', () => {
  const begun = (): LiveBook => {
    const book = spot();
    book.diff(diff(5, 7));
    book.snapshot(snapshot(5));
    return book;
  };
  expect(begun().diff(diff(5, 7)).type).toBe('old');
  expect(begun().diff(diff(9, 10))).toMatchObject({ type: 'gap', reason: 'upstream-gap' });
  expect(begun().diff({ ...diff(1, 2), eventTime: 9_000 })).toMatchObject({
    ...{ type: 'gap', reason: 'upstream-reset' },
  });
});

test('USD-M: each delta names the one before it', () => {
  const book = new LiveBook(binanceUsdm.rule, true, SPOT_GRID);
  book.diff(diff(90, 99, 80));
  book.diff(diff(95, 105, 99));
  expect(book.snapshot(snapshot(100))).toMatchObject({ type: 'began' });
  expect(book.diff(diff(110, 120, 105)).type).toBe('changed');
  expect(book.diff(diff(121, 130, 119)).type).toBe('gap');
});

test('V5a: a finer price or size refines the grid, and no number is rounded', () => {
  const book = spot();
  book.diff(diff(5, 7));
  book.snapshot(snapshot(5));
  const finer = { ...diff(8, 9), bids: [['10.005', '2292.22972']] as const };
  expect(book.diff(finer)).toMatchObject({
    ...{ type: 'began', grid: { tickSize: '0.001', lotSize: '0.00001' } },
  });
  expect(book.levels).toEqual({
    bids: [
      [10_005, 229_222_972],
      [10_000, 700_000],
    ],
    asks: [[11_000, 100_000]],
  });
});

test('text that is not a number ends the book, and the next snapshot begins it again', () => {
  const book = spot();
  book.diff(diff(5, 7));
  book.snapshot(snapshot(5));
  const wrong = { ...diff(8, 9), bids: [['ten', '1']] as const };
  expect(book.diff(wrong)).toMatchObject({ type: 'gap' });
  expect(book.mark).toBeUndefined();
  expect(book.diff(diff(10, 11)).type).toBe('waits');
  expect(book.snapshot(snapshot(10))).toMatchObject({ type: 'began' });
  expect(must(book.mark, 'a mark').id).toBe(11);
});
