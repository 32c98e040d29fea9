/* `tapedeck tail` as users run it: a real process against a real feed, which is killed and restarted. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { BookMirror } from '@tapedeck/market/book/book-mirror';
import { must } from '@tapedeck/market/number/assert';
import { decodeDown } from '@tapedeck/market/wire/codec/codec';
import type { DownMessage } from '@tapedeck/market/wire/down';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const CLI = fileURLToPath(new URL('../tapedeck.ts', import.meta.url));
const BOOK = 'book:BTC-USD@sim:10:100ms';
const TRADES = 'trades:BTC-USD@sim';

let folder = '';
let port = 0;
let feed: ChildProcess | undefined;

async function startFeed(onPort: number): Promise<number> {
  feed = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { TAPEDECK_PORT: String(onPort), TAPEDECK_DB: join(folder, 'history.db') },
  });
  for await (const line of createInterface({ input: must(feed.stdout, 'stdout') })) {
    const told = JSON.parse(line) as { listening?: { port: number } };
    if (told.listening !== undefined) return told.listening.port;
  }
  throw new Error('the feed ended before it listened');
}

async function killFeed(): Promise<void> {
  const dead = must(feed, 'feed');
  dead.kill('SIGKILL');
  await once(dead, 'exit');
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-tail-'));
  port = await startFeed(0);
}, 60_000);
afterAll(async () => {
  await killFeed();
  rmSync(folder, { recursive: true, force: true });
});

/** A running `tapedeck tail`; a test can wait for what it prints. */
class Run {
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
  out = '';
  err = '';
  #wake: (() => void)[] = [];

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [CLI, 'tail', ...args], {
      env: { TAPEDECK_PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (data: Buffer) => this.#hear('out', data));
    this.child.stderr?.on('data', (data: Buffer) => this.#hear('err', data));
    this.ended = once(this.child, 'close').then(([code]) => code as number);
  }

  #hear(stream: 'out' | 'err', data: Buffer): void {
    this[stream] += data.toString();
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Waits until the output from an index on matches. */
  async until(stream: 'out' | 'err', pattern: RegExp, from = 0): Promise<void> {
    while (!pattern.test(this[stream].slice(from)))
      await new Promise<void>((wake) => this.#wake.push(wake));
  }
}

test('lines for a person: best prices, spread and state; trades, ticker and candles with their texts', async () => {
  const channels = [BOOK, TRADES, 'ticker:ETH-USD@sim', 'candles:BTC-USD@sim:1s'];
  const run = new Run([...channels, '--duration', '4s']);
  expect(await run.ended).toBe(0);
  const lines = run.out.trim().split('\n');
  const time = String.raw`^\d\d:\d\d:\d\d\.\d{3}  `;
  for (const line of [
    String.raw`book    BTC-USD@sim  bid [\d.]+ x [\d.]+  ask [\d.]+ x [\d.]+  spread \d+\.\d  ok  #\d+$`,
    String.raw`trade   BTC-USD@sim  (buy |sell)  [\d.]+ @ [\d.]+  #\d+$`,
    String.raw`ticker  ETH-USD@sim  last [\d.]+  bid [\d.]+  ask [\d.]+  24h [+-][\d.]+ %  volume [\d.]+$`,
    String.raw`candle 1s  BTC-USD@sim  open .*  close [\d.]+  volume [\d.]+  trades \d+  (forming|closed)$`,
  ])
    expect(lines.find((each) => new RegExp(time + line).test(each))).toBeDefined();
  expect(run.err).toMatch(
    /^tapedeck: connected to http:\/\/127\.0\.0\.1:\d+ \(live, build dev, epoch \w+\)\n$/,
  );
});

test('--json: messages of the protocol, one per line, from which a book can be rebuilt', async () => {
  const run = new Run([BOOK, TRADES, '--json', '--count', '40']);
  expect(await run.ended).toBe(0);
  const lines = run.out.trim().split('\n');
  const messages = lines.flatMap((line) => decodeDown(line));
  expect(messages).toHaveLength(lines.length);
  expect(messages[0]).toMatchObject({ type: 'hello' });
  const isData = ({ type }: DownMessage): boolean => /^(book-|trades)/.test(type);
  expect(messages.filter(isData)).toHaveLength(40);
  const mirror = new BookMirror();
  for (const message of messages) {
    if (message.type === 'book-snapshot') expect(mirror.applySnapshot(message)).toBe('applied');
    if (message.type === 'book-delta') expect(mirror.applyDelta(message)).toBe('applied');
  }
  expect(mirror.state).toBe('ok');
});

test('Ctrl-C ends it with status 0 and no error', async () => {
  const run = new Run([BOOK]);
  await run.until('out', /book/);
  run.child.kill('SIGINT');
  expect(await run.ended).toBe(0);
  expect(run.err).not.toMatch(/error|Error/);
});

test('a reader that stops early is not an error', async () => {
  const run = new Run([BOOK, '--json']);
  await run.until('out', /book-delta/);
  run.child.stdout?.destroy();
  expect(await run.ended).toBe(0);
  expect(run.err).not.toMatch(/EPIPE/);
});

test.each<[string, readonly string[], number, RegExp]>([
  ['no channel', [], 2, /missing required argument 'channel'/],
  ['an invalid channel', ['book:BTC-USD@sim:11:raw'], 2, /depth "11" is not one of/],
  ['a symbol unknown to the feed', ['trades:NO@where'], 2, /trades:NO@where: unknown symbol/],
  ['an invalid address', [BOOK, '--url', 'nowhere'], 2, /--url: "nowhere" is not an address/],
  ['an invalid count', [BOOK, '--count', '0'], 2, /not a whole number of at least 1/],
  ['an invalid time', [BOOK, '--duration', '10'], 2, /not a time like/],
  [
    'an unreachable feed',
    [BOOK, '--url', 'http://127.0.0.1:9'],
    1,
    /cannot reach a feed at http:\/\/127\.0\.0\.1:9: .*ECONNREFUSED/,
  ],
])('%s is reported on standard error', async (_, args, status, message) => {
  const run = new Run(args);
  expect(await run.ended).toBe(status);
  expect(run.err).toMatch(message);
  expect(run.out).toBe('');
});

test('a wrong token is reported and not retried', async () => {
  const guarded = mkdtempSync(join(tmpdir(), 'tapedeck-tail-'));
  const server = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { TAPEDECK_PORT: '0', TAPEDECK_DB: join(guarded, 'h.db'), TAPEDECK_TOKEN: 'right' },
  });
  let own = 0;
  for await (const line of createInterface({ input: must(server.stdout, 'stdout') })) {
    own = (JSON.parse(line) as { listening?: { port: number } }).listening?.port ?? 0;
    if (own !== 0) break;
  }
  const url = `http://127.0.0.1:${own}`;
  const wrong = new Run([BOOK, '--url', url], { TAPEDECK_TOKEN: 'wrong' });
  expect(await wrong.ended).toBe(1);
  expect(wrong.err).toMatch(/closed the link: token: missing or wrong \(4500\)/);
  const right = new Run([BOOK, '--url', url, '--count', '1'], { TAPEDECK_TOKEN: 'right' });
  expect(await right.ended).toBe(0);
  server.kill('SIGKILL');
  await once(server, 'exit');
  rmSync(guarded, { recursive: true, force: true });
}, 60_000);

test('the feed is killed and restarted: tail says that its output is old, and continues by itself', async () => {
  const run = new Run([BOOK, TRADES]);
  await run.until('out', /trade /);
  await run.until('out', /book /);
  await killFeed();
  await run.until('err', /cut: .*the output above is old, retrying in [\d.]+ s/);
  const before = run.out.length;
  await startFeed(port);
  await run.until('err', /connected again/);
  await run.until('err', /trades:BTC-USD@sim: new epoch/);
  await run.until('out', /book /, before);
  run.child.kill('SIGINT');
  expect(await run.ended).toBe(0);
}, 60_000);
