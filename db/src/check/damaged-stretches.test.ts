import { afterEach, beforeEach, expect, test } from 'vitest';

import { OrderBook } from '@tapedeck/market/book/order-book';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';

import type { History } from '../history.ts';
import { Retention } from '../recording/retention.ts';
import { type MarketStep, RandomMarket } from '../test/random-market.ts';
import { TestHistory } from '../test/test-history.ts';
import { beginRecording, recordStep, START, SYMBOL } from '../test/test-recording.ts';
import { DamagedStretches, noteDamage } from './damaged-stretches.ts';
import { auditSession, holds } from './session-audit.ts';

let disk: TestHistory;
let history: History;

beforeEach(() => {
  disk = new TestHistory();
  history = disk.history;
});

afterEach(() => {
  disk.close();
});

/** About ten minutes in segments of ten seconds: the recorded changes, and the book after each. */
function record() {
  const market = new RandomMarket({ random: new Random(5), startTime: START, meanStepMs: 400 });
  const writer = beginRecording(history);
  const steps: MarketStep[] = [];
  for (let i = 0; i < 1_500; i++) {
    const step = market.next();
    steps.push(step);
    if (step.type !== 'trade') recordStep(writer, step);
  }
  writer.close(START);
  return steps;
}

/** What was recorded before a time. */
function bookBefore(steps: readonly MarketStep[], at: number) {
  const book = new OrderBook();
  for (const step of steps) {
    if (step.type === 'snapshot' && step.snapshot.eventTime < at) book.applySnapshot(step.snapshot);
    if (step.type === 'delta' && step.delta.eventTime < at) book.applyDelta(step.delta);
  }
  const { bids, asks, sequence } = book.snapshot();
  return { bids, asks, sequence };
}

/** Which segments have a full keyframe; the others depend on those before them. */
const wholeIds = (): ReadonlySet<number> =>
  new Set(
    history.connection
      .prepare<[], number>("select id from segment where substr(keyframe, 1, 1) = x'01'")
      .pluck()
      .all(),
  );

test.each(['deltas', 'keyframe'] as const)(
  'P16: damaged %s of a segment are a gap: before and after it every book is exact, within it none is ok',
  (part) => {
    const steps = record();
    const segments = [...history.books.segmentsFrom('one', SYMBOL, 0)];
    const hit = must(segments[7], 'the eighth segment');
    const whole = wholeIds();
    // Segments that depend on lost deltas are lost with them; on a keyframe stored as a CRC only its own segment
    // depends.
    const next = must(
      segments.find(
        ({ id }) => id > hit.id && (whole.has(id) || (part === 'keyframe' && !whole.has(hit.id))),
      ),
      'the next that can be read',
    );
    expect(next.startTime - hit.startTime).toBeLessThan(60_000);
    history.connection
      .prepare(`update segment set ${part} = substr(${part}, 1, length(${part}) - 9) where id = ?`)
      .run(hit.id);
    const random = new Random(9);
    for (let i = 0; i < 300; i++) {
      const at = random.integer(START + 1_000, START + 480_000);
      const recorded = must(history.books.at(SYMBOL, at), `a book at ${at}`);
      const inHole = at > hit.startTime && at <= next.startTime;
      expect(recorded.gap?.reason).toBe(inHole ? 'damaged' : undefined);
      if (inHole) {
        expect(recorded.gap).toMatchObject({ from: hit.startTime, to: next.startTime });
        expect(recorded.book.eventTime).toBeLessThanOrEqual(hit.startTime);
        continue;
      }
      expect(recorded.book).toMatchObject(bookBefore(steps, at));
    }
  },
);

test('damage is reported once and then is a recorded gap of its session', () => {
  record();
  const ids = [...history.books.segmentsFrom('one', SYMBOL, 0)].map(({ id }) => id);
  const spoil = history.connection.prepare("update segment set deltas = x'01' where id = ?");
  // Two adjacent segments, the last ones before a full keyframe.
  const whole = wholeIds();
  const at = ids.findIndex((id, i) => i > 2 && whole.has(ids[i + 1] ?? 0));
  for (const id of [ids[at - 1], ids[at]]) spoil.run(id);
  const [audit] = auditSession(history, 'one');
  expect(audit).toMatchObject({ gaps: 1, segmentChecks: { failed: 2 }, crossed: 0 });
  expect(audit?.damaged).toHaveLength(1);
  expect(noteDamage(history.path)).toBe(1);
  expect(noteDamage(history.path, 'one')).toBe(0);
  const session = must(history.sessions.get('one'), 'the session');
  expect(session.gaps).toEqual(audit?.damaged);
  expect(session.coverage).toBeLessThan(1);
  const again = must(auditSession(history, 'one')[0], 'the audit');
  expect(again).toMatchObject({ gaps: 1, segmentChecks: { failed: 2 } });
  expect(holds(again)).toBe(false);
});

test('without an undamaged segment before the damage there is no book', () => {
  record();
  const whole = wholeIds();
  const [first, second] = [...history.books.segmentsFrom('one', SYMBOL, 0)].filter(({ id }) =>
    whole.has(id),
  );
  history.connection
    .prepare("update segment set keyframe = x'0100' where id = ?")
    .run(must(first, 'the first').id);
  expect(history.books.at(SYMBOL, START + 5_000)).toBeUndefined();
  const { startTime } = must(second, 'the second');
  expect(history.books.at(SYMBOL, startTime + 1)?.gap).toBeUndefined();
});

test('P16, P28c: missing segments are a gap from the end of the previous one, and no reader skips it', () => {
  const steps = record();
  const segments = [...history.books.segmentsFrom('one', SYMBOL, 0)];
  const whole = wholeIds();
  const at = segments.findIndex(
    ({ id, continues }, i) =>
      i > 12 && continues && whole.has(id) && !whole.has(segments[i - 1]?.id ?? 0),
  );
  const wholeNext = must(segments[at], 'a whole one that continues');
  for (const [first, last] of [
    [at - 1, at - 1],
    [at - 3, at - 3],
    [at - 3, at - 2],
  ] as const) {
    history.connection.exec('savepoint s');
    for (let i = first; i <= last; i++)
      history.connection.prepare('delete from segment where id = ?').run(segments[i]?.id);
    const before = must(segments[first - 1], 'the one before');
    const hole = {
      symbol: SYMBOL,
      from: before.endTime,
      to: wholeNext.startTime,
      reason: 'damaged',
    };
    for (let time = before.startTime + 1; time < wholeNext.endTime; time += 97) {
      const { book, gap } = must(history.books.at(SYMBOL, time), `a book at ${time}`);
      const isInHole = time > hole.from && time <= hole.to;
      expect(gap).toEqual(isInHole ? hole : undefined);
      if (isInHole) expect(book.eventTime).toBe(before.endTime);
      else expect(book).toMatchObject(bookBefore(steps, time));
    }
    const [audit] = auditSession(history, 'one');
    expect(audit).toMatchObject({
      gaps: 1,
      damaged: [hole],
      segments: segments.length - last + first - 1,
    });
    expect(audit?.segmentChecks.failed).toBeGreaterThan(0);
    expect(must(audit, 'the audit').problems[0]).toMatch(/the segment before it is missing/);
    for (const read of [
      history.books.scan('one', SYMBOL),
      history.books.soundFrom('one', SYMBOL, 0),
    ]) {
      const stretches = new DamagedStretches(SYMBOL, history.sessions.endOf('one') + 1);
      for (const scanned of read) stretches.add(scanned);
      expect(stretches.holes).toEqual([hole]);
    }
    expect(() => [...history.books.segmentsFrom('one', SYMBOL, 0)]).toThrow(/is missing/);
    expect(() => history.books.playInto(new OrderBook(), 'one', SYMBOL)).toThrow(/is missing/);
    history.connection.exec('rollback to s; release s');
  }
  history.connection.prepare('delete from segment where id = ?').run(segments[at - 1]?.id);
  expect(noteDamage(history.path)).toBe(1);
  expect(history.sessions.get('one')?.coverage).toBeLessThan(1);
});

test('a missing beginning of a recording is reported; data deleted by retention is not damage', () => {
  record();
  const segments = [...history.books.segmentsFrom('one', SYMBOL, 0)];
  const whole = wholeIds();
  const next = must(
    segments.find(({ id, continues }) => continues && whole.has(id)),
    'a whole one',
  );
  history.connection.exec('savepoint s');
  history.connection.prepare('delete from segment where id < ?').run(next.id);
  expect(auditSession(history, 'one')[0]).toMatchObject({ gaps: 1, segmentChecks: { failed: 1 } });
  history.connection.exec('rollback to s; release s');
  const retention = new Retention(history.connection, { ageMs: 60_000 });
  const now = next.startTime + 120_000;
  while (retention.step(now) !== undefined);
  const [first] = history.books.segmentsFrom('one', SYMBOL, 0);
  expect(first?.continues).toBe(true);
  const audit = must(auditSession(history, 'one')[0], 'the audit');
  expect(audit).toMatchObject({ gaps: 0, damaged: [], segmentChecks: { failed: 0 } });
});

test('a recording with a missing end fails verification', () => {
  record();
  history.connection.exec('delete from segment where id = (select max(id) from segment)');
  const audit = must(auditSession(history, 'one')[0], 'the audit');
  expect(audit.problems).toEqual([expect.stringMatching(/^the last segments of .* are missing/)]);
  expect(holds(audit)).toBe(false);
});
