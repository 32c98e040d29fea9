/* H7: a stepping wall clock loses nothing: commits are timed by a clock that does not step. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';
import { ManualClock } from '@tapedeck/market/time/clock';

import { BatchEncoder } from './batch-encoder.ts';
import { BatchWriter } from './batch-writer.ts';
import type { FromRecorderWorker } from './recorder-message.ts';
import { SteadyTime } from './steady-time.ts';

const HOUR = 3_600_000;
const STEPS = [-600_000, HOUR, -2 * HOUR];
const SYMBOL = 'X-Y@test';
const INSTRUMENT = {
  symbol: SYMBOL,
  venue: 'test',
  base: 'X',
  quote: 'Y',
  tickSize: '1',
  lotSize: '1',
};

/** A recorder's worker without its thread; the test owns the clock. Event times are wall times. */
class Recording {
  readonly clock = new ManualClock();
  readonly told: FromRecorderWorker[] = [];
  readonly path: string;
  readonly #writer: BatchWriter;
  readonly #encoder = new BatchEncoder();
  #id = 0;
  #trades = 0;
  #book = 0;

  constructor(retention?: { readonly ageMs: number }) {
    const folder = mkdtempSync(join(tmpdir(), 'tapedeck-clock-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    this.path = join(folder, 'history.db');
    const session = { id: 'life', label: 'life', source: 'live', origin: {} } as const;
    const settings = { path: this.path, migrationsFolder: undefined, session, retention };
    this.#writer = new BatchWriter(settings, this.clock, (message) => this.told.push(message));
  }

  /** A batch each 200 ms, as the recorder posts them: a change of the book and a trade. */
  run(seconds: number): void {
    for (let i = 0; i < seconds * 5; i++) {
      const time = this.clock.now();
      const stamps = { eventTime: time, receiveTime: time, bids: [[99, i + 1]], asks: [] } as const;
      const sequence = ++this.#book;
      if (sequence === 1) this.#encoder.snapshot(0, { sequence, ...stamps });
      else this.#encoder.delta(0, { previous: sequence - 1, sequence, ...stamps });
      const trade = { sequence: ++this.#trades, eventTime: time, priceTicks: 100, sizeLots: 1 };
      this.#encoder.trade(0, { ...trade, aggressor: 'buy' });
      const id = ++this.#id;
      const controls =
        id === 1 ? ([{ type: 'instrument', market: 0, instrument: INSTRUMENT }] as const) : [];
      this.#writer.batches([{ type: 'batch', id, values: this.#encoder.take(), controls }]);
      this.clock.advance(200);
    }
  }

  get written(): number {
    return this.told.findLast((message) => message.type === 'written')?.id ?? 0;
  }
  get posted(): number {
    return this.#id;
  }
  close(): void {
    this.#writer.close();
  }
}

test.each(STEPS)(
  'a wall clock that steps by %i ms leaves no batch uncommitted for a second',
  (step) => {
    const recording = new Recording();
    recording.run(5);
    for (const each of [step, -step, step]) {
      recording.clock.stepWall(each);
      for (let second = 0; second < 10; second++) {
        recording.run(1);
        expect(recording.posted - recording.written).toBeLessThanOrEqual(3);
      }
    }
    recording.close();
    expect(recording.told.filter(({ type }) => type === 'failed' || type === 'broken')).toEqual([]);
    // Whatever the order of the times, everything is recorded, in one session.
    const history = openHistory(recording.path);
    onTestFinished(() => history.close());
    const [session] = history.sessions.list();
    expect(history.sessions.list()).toHaveLength(1);
    expect(session?.counts).toMatchObject({
      deltas: recording.posted - 1,
      trades: recording.posted,
    });
    expect(session?.from).toBeLessThanOrEqual(session?.to ?? 0);
  },
);

test('H4: a wall clock that is wrongly an hour ahead deletes nothing recent', () => {
  const count = (path: string): unknown => {
    const history = openHistory(path, { readonly: true });
    const trades = history.connection.prepare('select count(*) from trade').pluck().get();
    history.close();
    return trades;
  };
  const recording = new Recording({ ageMs: HOUR / 2 });
  recording.run(70);
  recording.clock.stepWall(HOUR);
  recording.run(60);
  expect(count(recording.path)).toBe(130 * 5);
  recording.clock.stepWall(-HOUR);
  recording.run(2);
  recording.close();
  expect(count(recording.path)).toBe(132 * 5);
});

test('H4: steady time is wall time, except that it follows a step forward only gradually', () => {
  const clock = new ManualClock();
  const steady = new SteadyTime(clock);
  clock.advance(HOUR);
  expect(steady.now()).toBe(clock.now());
  clock.stepWall(HOUR);
  expect(clock.now() - steady.now()).toBe(HOUR);
  clock.advance(HOUR / 2);
  expect(clock.now() - steady.now()).toBe(HOUR / 2);
  clock.advance(HOUR);
  expect(steady.now()).toBe(clock.now());
  clock.stepWall(-2 * HOUR);
  expect(steady.now()).toBe(clock.now());
});
