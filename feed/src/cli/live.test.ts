/*
 * `tapedeck live` against a real feed in this process, and as a process against a feed that is killed and restarted.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { LinkChannel } from '@tapedeck/market/link/link-channel';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import type { MonotonicMs } from '@tapedeck/market/time/clock';
import type { TickersBody } from '@tapedeck/market/wire/http';

import { TestFeed } from '../../test/test-feed.ts';
import { SystemClock } from '../machine/system-clock.ts';
import { feedSockets } from './feed-socket.ts';
import { type LiveRow, liveRow, liveTable } from './live-row.ts';
import { Live } from './live.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const CLI = fileURLToPath(new URL('../tapedeck.ts', import.meta.url));
const SYMBOL = 'MINE@desk';
const OTHER = 'YOURS@desk';

let feed: TestFeed;
beforeAll(async () => {
  feed = await TestFeed.start({ TAPEDECK_SOURCE: 'none' });
});
afterAll(() => feed.close());

const ingest = (...events: readonly object[]) => feed.post('/v1/ingest', { events });
const announced = (symbol: string) => ({
  type: 'instrument',
  symbol,
  tickSize: '0.01',
  lotSize: '1',
});
const book = (symbol: string, bid = 999) => ({
  type: 'snapshot',
  symbol,
  bids: [[bid, 5]],
  asks: [[1_001, 5]],
});

/** Refreshes twenty times a second; a test can wait for what it drew last. */
class Watch {
  readonly live: Live;
  #rows: readonly LiveRow[] = [];

  constructor(symbols: readonly string[]) {
    this.live = new Live({
      clock: new SystemClock(),
      random: new Random(7),
      dial: feedSockets(feed.stream),
      url: feed.base,
      symbols,
      look: async () =>
        ((await feed.get('/v1/tickers')).body as TickersBody).tickers.map(({ symbol }) => symbol),
      isJson: true,
      isScreen: false,
      everyMs: 50,
      count: undefined,
      durationMs: undefined,
      print: (text) => (this.#rows = (JSON.parse(text) as { markets: readonly LiveRow[] }).markets),
    });
  }

  async until(symbol: string, state: string): Promise<LiveRow> {
    for (;;) {
      const row = this.#rows.find((each) => each.symbol === symbol);
      if (row?.state === state) return row;
      await pause(10);
    }
  }
}

test('P16: a market is shown as ok only while its book is; otherwise it says which state it is in and why', async () => {
  await ingest(announced(SYMBOL), book(SYMBOL), announced(OTHER), book(OTHER));
  const watch = new Watch([]);
  expect(await watch.until(SYMBOL, 'ok')).toMatchObject({ bid: 999, ask: 1_001, tickSize: '0.01' });
  await watch.until(OTHER, 'ok');
  await ingest(book(SYMBOL, 1_002));
  await watch.until(SYMBOL, 'crossed');
  await ingest(book(SYMBOL, 1_001));
  await watch.until(SYMBOL, 'locked');
  await ingest(book(SYMBOL), { type: 'state', symbol: SYMBOL, state: 'halted' });
  await watch.until(SYMBOL, 'halted (halt)');
  await ingest({ type: 'state', symbol: SYMBOL, state: 'stale', reason: 'upstream-gap' });
  await watch.until(SYMBOL, 'stale (upstream-gap)');
  await ingest({ type: 'state', symbol: SYMBOL, state: 'ok' }, book(SYMBOL));
  await watch.until(SYMBOL, 'ok');
  await fetch(`${feed.base}/v1/ingest?symbol=${SYMBOL}`, { method: 'DELETE' });
  await watch.until(SYMBOL, 'halted (delisted)');
  await ingest(book(OTHER));
  await watch.until(OTHER, 'ok');
  watch.live.stop();
  await watch.live.done;
});

test('a market that was silent for five seconds is delayed, and over a cut link none is ok', () => {
  const channel = new LinkChannel(`book:${SYMBOL}:10:250ms`, {
    kind: 'book',
    symbol: SYMBOL,
    depth: 10,
    tier: '250ms',
  });
  const at = (ms: number) => ms as MonotonicMs;
  channel.step({ type: 'subscribed', id: 1 }, at(0), new Random(1));
  channel.takeBook({
    type: 'book-snapshot',
    channel: 1,
    epoch: 'e',
    sequence: 1,
    eventTime: 1,
    receiveTime: 1,
    sendTime: 1,
    bids: [],
    asks: [],
    checksum: 0,
  });
  channel.step({ type: 'snapshot', isWhole: true }, at(0), new Random(1));
  const market = { book: channel, ticker: undefined, changedAt: at(1_000) };
  expect(liveRow(market, at(2_000), at(7_000))).toMatchObject({
    state: 'ok',
    ageMs: 6_000,
    bid: null,
  });
  expect(liveRow(market, at(2_000), at(7_001)).state).toBe('delayed');
  expect(liveRow(market, undefined, at(7_001)).state).toBe('CUT');
});

test('the table is aligned in columns, with a dash for an unknown value', () => {
  const row = { bid: 995, ask: 1_001, last: 1_000, open24h: 800, ageMs: 300, tickSize: '0.01' };
  const none = { bid: null, ask: null, last: null, open24h: null, ageMs: null, tickSize: null };
  expect(
    liveTable([
      { symbol: SYMBOL, state: 'ok', ...row },
      { symbol: 'X@y', state: 'awaiting (book snapshot)', ...none },
    ]),
  ).toEqual([
    'symbol     state                      bid    ask  spread   last       24h    age',
    'MINE@desk  ok                        9.95  10.01    0.06  10.00  +25.00 %  0.3 s',
    'X@y        awaiting (book snapshot)     -      -       -      -         -      -',
  ]);
});

function cli(port: number, ...args: readonly string[]) {
  const child = spawn(process.execPath, [CLI, 'live', ...args], {
    env: { TAPEDECK_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run = {
    child,
    out: '',
    err: '',
    ended: once(child, 'close').then(([code]) => code as number),
  };
  child.stdout.on('data', (data: Buffer) => (run.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (run.err += data.toString()));
  return run;
}

test.each<[string, readonly string[], number, RegExp]>([
  ['an invalid symbol', ['MINE'], 2, /symbol: "MINE" is not NAME@venue/],
  ['a symbol unknown to the feed', ['NO@where'], 2, /unknown symbol NO@where/],
  ['an invalid time', ['--every', '10'], 2, /not a time like/],
  ['an unreachable feed', ['--url', 'http://127.0.0.1:9'], 1, /cannot reach a feed at .*:9: /],
])('%s is reported on standard error', async (_, args, status, message) => {
  const run = cli(Number(new URL(feed.base).port), ...args);
  expect(await run.ended).toBe(status);
  expect(run.err).toMatch(message);
  expect(run.out).toBe('');
});

test('the feed is killed and restarted: the values are called old, then it continues', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-live-'));
  let port = 0;
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [MAIN], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { TAPEDECK_PORT: String(port), TAPEDECK_DB: join(folder, 'history.db') },
    });
    for await (const line of createInterface({ input: must(child.stdout, 'stdout') })) {
      const told = JSON.parse(line) as { listening?: { port: number } };
      if (told.listening === undefined) continue;
      port = told.listening.port;
      return child;
    }
    throw new Error('the feed ended before it listened');
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const first = await start();
  const run = cli(port, '--every', '100ms', 'BTC-USD@sim');
  const until = async (pattern: RegExp, from = 0): Promise<void> => {
    while (!pattern.test(run.out.slice(from))) await pause(20);
  };
  await until(/connected\nsymbol .*\nBTC-USD@sim  ok  /);
  await kill(first);
  await until(/CUT: .*; the values below are old\nsymbol .*\nBTC-USD@sim  CUT  .*\d/);
  const before = run.out.length;
  const second = await start();
  await until(/connected\nsymbol .*\nBTC-USD@sim  ok  /, before);
  run.child.kill('SIGINT');
  expect(await run.ended).toBe(0);
  expect(run.err).toBe('');
  await kill(second);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);
