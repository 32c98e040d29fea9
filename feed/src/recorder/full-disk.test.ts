/*
 * H3 on a really full disk: a small in-memory file system, mounted for the test; skipped where that is not allowed.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { checkHistory } from '@tapedeck/db/check/history-check';
import { openHistory } from '@tapedeck/db/history';
import { OrderBook } from '@tapedeck/market/book/order-book';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import type { StatusBody } from '@tapedeck/market/wire/event';

import { TestFeed } from '../../test/test-feed.ts';
import { SystemClock } from '../machine/system-clock.ts';
import { Recorder } from './recorder.ts';

const SYMBOL = 'BTC-USD@sim';
const LEVELS = 60;
const folder = mkdtempSync(join(tmpdir(), 'tapedeck-full-'));
const canMount = mounted();

function mounted(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tapedeck', folder], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

afterAll(() => {
  if (canMount) execFileSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true, force: true });
});

/** Fills the remaining space. */
function fill(): string {
  const path = join(folder, 'filler');
  const block = Buffer.alloc(64 * 1_024, 7);
  try {
    for (;;) writeFileSync(path, block, { flag: 'a' });
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  }
  return path;
}

test.skipIf(!canMount)(
  'H3: a full disk is reported and counted, the feed continues, and recording resumes by itself with the hole as a gap',
  { timeout: 60_000 },
  async () => {
    const path = join(folder, 'history.db');
    const book = new OrderBook();
    const random = new Random(3);
    const troubles: (readonly [string | undefined, number])[] = [];
    const clock = new SystemClock();
    const recorder = new Recorder({
      path,
      mode: 'raw',
      clock,
      source: 'sim',
      origin: {},
      bookOf: () => book.snapshot(),
      maxQueuedValues: 40_000,
      onTrouble: (message, lost) => troubles.push([message, lost]),
    });
    const grids = { tickSize: '0.1', lotSize: '0.001' };
    recorder.instrument({ symbol: SYMBOL, venue: 'sim', base: 'BTC', quote: 'USD', ...grids });
    const at = clock.now();
    const times = { eventTime: at, receiveTime: at };
    book.applySnapshot({ sequence: 1, ...times, bids: [[1_000, 1]], asks: [[2_000, 1]] });
    recorder.snapshot(SYMBOL, book.snapshot());
    let trades = 0;
    const side = (low: number): (readonly [number, number])[] =>
      Array.from({ length: LEVELS }, (_, i) => [low + i, random.integer(1, 1e9)]);
    const step = (): void => {
      const previous = book.sequence;
      const eventTime = clock.now();
      const stamp = { eventTime, receiveTime: eventTime };
      const levels = { bids: side(900).toReversed(), asks: side(2_000) };
      const delta = { previous, sequence: previous + 1, ...stamp, ...levels };
      book.applyDelta(delta);
      recorder.delta(SYMBOL, delta);
      const trade = { sequence: ++trades, eventTime, priceTicks: 1_000, sizeLots: 1 } as const;
      recorder.trade(SYMBOL, { ...trade, aggressor: 'buy' });
    };
    const until = async (done: () => boolean): Promise<void> => {
      await expect
        .poll(
          () => {
            for (let i = 0; i < 20; i++) step();
            return done();
          },
          { timeout: 20_000, interval: 20 },
        )
        .toBe(true);
    };
    await until(() => recorder.stats().lastWriteAt !== null);
    const filler = fill();
    await until(() => recorder.stats().state === 'failed');
    expect(recorder.stats().message).toContain('the disk is full');
    await until(() => recorder.stats().dropped > 50);
    const fullAt = clock.now();
    const before = recorder.stats().dropped;
    rmSync(filler);
    await until(() => recorder.stats().state === 'ok' && recorder.stats().queue < 3);
    const kept = book.sequence;
    step();
    await recorder.close();

    // A small commit may succeed now and then: each trouble reports its losses at its end.
    const ends = troubles.filter(([message]) => message === undefined);
    const told = ends.reduce((sum, [, lost]) => sum + lost, 0);
    expect(told).toBeGreaterThanOrEqual(before);

    const history = openHistory(path);
    const session = must(history.sessions.list()[0], 'the session');
    expect(session.open).toBe(false);
    const books = session.gaps.filter((gap) => gap.reason === 'overflow');
    expect(books.some((gap) => gap.from < fullAt && gap.to > gap.from)).toBe(true);
    expect(history.books.at(SYMBOL, must(books[0], 'a gap').to, session.id)?.gap).toMatchObject({
      reason: 'overflow',
    });
    const last = history.books.at(SYMBOL, session.to + 1, session.id);
    expect(last?.gap).toBeUndefined();
    expect(last?.book).toEqual(book.snapshot());
    expect(last?.book.sequence).toBe(kept + 1);
    history.close();
    expect(
      checkHistory(path).filter(({ check, state }) => state === 'failed' && check !== 'space'),
    ).toEqual([]);
    rmSync(path);
  },
);

test.skipIf(!canMount)(
  'H3: a feed on a full disk keeps serving, is not ready, says why, and is ready again when there is space',
  { timeout: 60_000 },
  async () => {
    const feed = await TestFeed.start({ TAPEDECK_DB: join(folder, 'feed.db') });
    const storage = async (): Promise<readonly StatusBody[]> => {
      const { body } = await feed.get('/v1/status');
      const { events } = body as { readonly events: readonly StatusBody[] };
      return events.filter((event) => event.kind === 'storage');
    };
    const metric = async (): Promise<string> => (await fetch(`${feed.base}/metrics`)).text();
    try {
      await expect.poll(async () => (await feed.get('/readyz')).status, WAIT).toBe(200);
      await expect.poll(() => emptyLog(join(folder, 'feed.db')), WAIT).toBe(true);
      const filler = fill();
      await expect.poll(async () => (await storage()).at(-1)?.severity, WAIT).toBe('critical');
      expect((await storage()).at(-1)?.message).toContain('the disk is full');
      expect(await feed.get('/readyz')).toMatchObject({
        status: 503,
        body: { reasons: [expect.stringContaining('the disk is full') as string] },
      });
      expect(await metric()).toMatch(/recorder_ok(\{[^}]*\})? 0/);
      // The live market continues.
      const sequence = async (): Promise<number> => {
        const { body } = await feed.get(`/v1/book?symbol=${SYMBOL}`);
        return (body as { readonly sequence: number }).sequence;
      };
      const first = await sequence();
      await expect.poll(sequence, WAIT).toBeGreaterThan(first);
      rmSync(filler);
      await expect.poll(async () => (await feed.get('/readyz')).status, WAIT).toBe(200);
      expect((await storage()).at(-1)).toMatchObject({ severity: 'info' });
    } finally {
      await feed.close();
    }
  },
);

/**
 * Whether SQLite's log is empty now. A log as long as the first start leaves it is written to for half a minute before it
 * has to grow, and until then a full disk harms nothing.
 */
function emptyLog(path: string): boolean {
  const history = openHistory(path);
  const [result] = history.connection.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  history.close();
  return result?.busy === 0;
}

const WAIT = { timeout: 20_000 } as const;
