/* H4: data beyond the limits of age or size is deleted in small steps; candles and imports stay. */
import { statSync } from 'node:fs';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';

import { auditSession, holds } from '../check/session-audit.ts';
import { type History, openHistory } from '../history.ts';
import { RandomMarket } from '../test/random-market.ts';
import { TestHistory } from '../test/test-history.ts';
import { beginRecording, INSTRUMENT, recordStep, START, SYMBOL } from '../test/test-recording.ts';
import { Retention } from './retention.ts';
import type { SessionWriter } from './session-writer.ts';

let disk: TestHistory;
let history: History;
beforeEach(() => {
  disk = new TestHistory();
  history = disk.history;
});
afterEach(() => {
  disk.close();
});

type Recording = { readonly writer: SessionWriter; readonly market: RandomMarket };

function begin(id: string, fingerprint?: string): Recording {
  const writer = beginRecording(history, {
    id,
    fingerprint,
    instrument: { ...INSTRUMENT, tickSize: '0.01', lotSize: '0.0001' },
  });
  const random = new Random(5);
  return { writer, market: new RandomMarket({ random, startTime: START, meanStepMs: 100 }) };
}

function record({ writer, market }: Recording, events: number): void {
  for (let n = 0; n < events; n++) {
    recordStep(writer, market.next());
    if (n % 1_000 === 0) writer.flush({ partial: true, now: START });
  }
}

const count = (table: string): number =>
  Number(history.connection.prepare(`select count(*) from ${table}`).pluck().get());

test('by age: segments and trades before the limit are deleted, candles and later books stay', () => {
  const recording = begin('old');
  record(recording, 12_000);
  const { writer, market } = recording;
  const end = market.book.eventTime;
  const before = Math.floor((end - 300_000) / 60_000) * 60_000;
  const moments = Array.from({ length: 20 }, (_, i) => before + 20_000 + i * 10_000);
  writer.flush({ partial: true, now: START });
  const booksAt = (): unknown => moments.map((at) => history.books.at(SYMBOL, at)?.book);
  const [books, candles] = [booksAt(), count('candle')];
  const retention = new Retention(history.connection, { ageMs: 300_000 });
  let steps = 0;
  for (let step = retention.step(end); step !== undefined; step = retention.step(end)) {
    writer.forget(step);
    // Recording continues meanwhile.
    if (steps++ < 3) record(recording, 10);
    expect(steps).toBeLessThan(100);
  }
  record(recording, 500);
  writer.close(START);
  const oldest = history.connection.prepare('select min(event_time) from trade').pluck().get();
  expect(oldest).toBeGreaterThanOrEqual(before);
  const [first] = history.books.segmentsFrom('old', SYMBOL, 0);
  expect(must(first, 'a segment').endTime).toBeGreaterThanOrEqual(before);
  expect(booksAt()).toEqual(books);
  expect(count('candle')).toBeGreaterThanOrEqual(candles);
  const session = must(history.sessions.get('old'), 'the session');
  expect(session.from).toBe(before);
  expect(session.counts.trades).toBe(count('trade'));
  const [audit] = auditSession(history, 'old');
  expect(audit?.problems).toEqual([]);
  expect(audit !== undefined && holds(audit)).toBe(true);
});

test('by bytes: the file shrinks to the limit, and pages are returned to the disk', () => {
  const recording = begin('large');
  record(recording, 30_000);
  recording.writer.close(START);
  history.connection.pragma('wal_checkpoint(TRUNCATE)');
  const size = statSync(history.path).size;
  const limit = Math.floor(size / 2);
  const retention = new Retention(history.connection, { bytes: limit });
  const now = recording.market.book.eventTime + 3_600_000;
  let steps = 0;
  while (retention.step(now) !== undefined) expect(++steps).toBeLessThan(1_000);
  expect(retention.usedBytes).toBeLessThanOrEqual(limit);
  expect(count('segment')).toBeGreaterThan(0);
  history.connection.pragma('wal_checkpoint(TRUNCATE)');
  expect(statSync(history.path).size).toBeLessThan(size * 0.8);
});

test('imports and the last ten minutes are kept', () => {
  const imported = begin('night', 'abc');
  record(imported, 3_000);
  imported.writer.close(START);
  const segments = count('segment');
  const end = imported.market.book.eventTime;
  expect(new Retention(history.connection, { ageMs: 1 }).step(end + 1e9)).toBeUndefined();
  const running = begin('running');
  record(running, 1_000);
  running.writer.flush({ partial: true, now: START });
  const tight = new Retention(history.connection, { bytes: 1 });
  expect(tight.step(running.market.book.eventTime)).toBeUndefined();
  expect(count('segment')).toBeGreaterThan(segments);
});

test('a growing segment is kept, however long its market was silent', () => {
  const recording = begin('silent');
  record(recording, 50);
  recording.writer.flush({ partial: true, now: START });
  const late = recording.market.book.eventTime + 3_600_000;
  const retention = new Retention(history.connection, { ageMs: 60_000 });
  for (let step = retention.step(late); step !== undefined; step = retention.step(late))
    recording.writer.forget(step);
  expect(count('trade')).toBe(0);
  record(recording, 40);
  recording.writer.close(START);
  const [audit] = auditSession(history, 'silent');
  expect(audit?.problems).toEqual([]);
  expect(audit?.deltas).toBeGreaterThan(60);
});

test('after every step the remaining data is valid by itself, even if the recorder is killed', () => {
  const recording = begin('left');
  record(recording, 9_000);
  recording.writer.flush({ partial: true, now: START });
  const end = recording.market.book.eventTime;
  const told = (): number => count("segment where substr(keyframe, 1, 1) = x'02'");
  expect(told()).toBeGreaterThan(20);
  const moments = Array.from({ length: 12 }, (_, i) => end - 60_000 + i * 5_000);
  const booksAt = (): unknown => moments.map((at) => history.books.at(SYMBOL, at)?.book);
  const books = booksAt();
  // Cuts at every position of a chain: the oldest segments are deleted one minute at a time.
  for (let keep = 600_000; keep >= 120_000; keep -= 60_000) {
    const retention = new Retention(history.connection, { ageMs: keep });
    while (retention.step(end) !== undefined) {
      const reader = openHistory(history.path, { readonly: true });
      const [audit] = auditSession(reader, 'left');
      expect(audit).toMatchObject({ segmentChecks: { failed: 0 }, gaps: 0 });
      reader.close();
    }
  }
  expect(booksAt()).toEqual(books);
  expect(told()).toBeGreaterThan(0);
});
