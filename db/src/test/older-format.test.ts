/* A history written by an older version (segments of format 1) can be read and continued, and keeps its digest. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { OrderBook } from '@tapedeck/market/book/order-book';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';

import { auditSession, holds } from '../check/session-audit.ts';
import { copySession } from '../check/session-copy.ts';
import { sessionDigest } from '../check/session-digest.ts';
import { type History, openHistory } from '../history.ts';
import { RandomMarket } from './random-market.ts';
import { beginRecording, START, SYMBOL } from './test-recording.ts';

const OLD = fileURLToPath(new URL('../../fixtures/format-1.db.gz', import.meta.url));
/** The results of the version that made the file. */
const DIGEST = '42bc525c5610905831bd78154f3abf4f816e9655a659a9bf676ebec3f64f48cd';

let folder = '';
let history: History;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-older-'));
  const path = join(folder, 'history.db');
  writeFileSync(path, gunzipSync(readFileSync(OLD)));
  history = openHistory(path);
});
afterEach(() => {
  history.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The market in the file. */
function marketOf(): RandomMarket {
  const random = new Random(11);
  return new RandomMarket({ random, startTime: START, meanStepMs: 150, snapshots: 0.004 });
}

function formatsOf(session: string): readonly string[] {
  return history.connection
    .prepare<[string], string>(
      `select distinct hex(substr(segment.deltas, 1, 1)) from segment
       join session_symbol on session_symbol.id = session_symbol where session = ?`,
    )
    .pluck()
    .all(session);
}

test('H2: books, audit and digest of an older file are unchanged', () => {
  expect(formatsOf('old')).toEqual(['01']);
  const market = marketOf();
  const played: { readonly time: number; readonly book: unknown }[] = [];
  for (let i = 0; i < 700; i++) {
    if (market.next().type === 'trade') continue;
    played.push({ time: market.book.eventTime, book: market.book.snapshot() });
  }
  const random = new Random(2);
  for (let i = 0; i < 200; i++) {
    const at = random.integer(START + 1, must(played.at(-1), 'an end').time + 1);
    const expected = played.findLast((state) => state.time < at)?.book;
    expect(history.books.at(SYMBOL, at, 'old')?.book, `at ${at}`).toEqual(expected);
  }
  const audit = must(auditSession(history, 'old')[0], 'an audit');
  expect(audit.segmentChecks).toEqual({ ok: 11, failed: 0 });
  // Its market was reset now and then, and no reason was recorded.
  expect(holds({ ...audit, gaps: 0 })).toBe(true);
  // The same as in the version that wrote the file, so importing a tape from then again gives the same session.
  expect(sessionDigest(history, 'old')).toBe(DIGEST);
});

test('H2: an older recording that is replayed and recorded again is the same recording', () => {
  const writer = beginRecording(history, { id: 'new' });
  for (const segment of history.books.segmentsFrom('old', SYMBOL, 0)) {
    if (!segment.continues) writer.snapshot(SYMBOL, segment.keyframe);
    for (const delta of segment.deltas) writer.delta(SYMBOL, delta);
  }
  for (const trade of history.trades.inSequence('old', SYMBOL)) writer.trade(SYMBOL, trade);
  writer.close(START);
  expect(formatsOf('new')).toEqual(['02']);
  expect(sessionDigest(history, 'new')).toBe(DIGEST);
  const books = [new OrderBook(), new OrderBook()] as const;
  history.books.playInto(books[0], 'old', SYMBOL);
  history.books.playInto(books[1], 'new', SYMBOL);
  expect(books[0].snapshot()).toEqual(books[1].snapshot());
});

test('a session of an older file can be copied into a new one, and a second copy gives the same session', () => {
  const target = openHistory(join(folder, 'target.db'));
  expect(copySession(history, 'old', target, { now: START })).toEqual({
    session: 'old',
    already: false,
  });
  expect(copySession(history, 'old', target, { now: START }).already).toBe(true);
  expect(sessionDigest(target, 'old')).toBe(DIGEST);
  target.close();
});

test('a segment of a newer format is refused with the reason', () => {
  history.connection.exec(
    "update segment set deltas = cast(x'09' || substr(deltas, 2) as blob) where id = 1",
  );
  const read = (): unknown => [...history.books.segmentsFrom('old', SYMBOL, 0)];
  expect(read).toThrow(/segment 1 of BTC-USD@sim in session old: .*format 9 is not supported here/);
});
