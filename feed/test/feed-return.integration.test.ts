/*
 * The worst moment of a feed: killed with -9 with 500 connections, and started again. Real processes, real sockets,
 * and the client that the dashboard and the command line use.
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
import WebSocket from 'ws';

import { bookChecksum } from '@tapedeck/market/book/checksum';
import { FeedLink } from '@tapedeck/market/link/feed-link';
import type { LinkListener } from '@tapedeck/market/link/link-listener';
import type { LinkState } from '@tapedeck/market/link/link-state';
import { must } from '@tapedeck/market/number/assert';
import { Random } from '@tapedeck/market/number/random';
import { readWireFrame } from '@tapedeck/market/wire/codec/wire-frame';
import { bookSchema } from '@tapedeck/market/wire/http';

import { SystemClock } from '../src/machine/system-clock.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const CLIENTS = 500;
/** One address may have twenty connections (P23); the feed trusts a proxy on its own machine. */
const CLIENTS_PER_ADDRESS = 10;
const SYMBOLS = ['BTC-USD@sim', 'ETH-USD@sim', 'SOL-USD@sim', 'DOGE-USD@sim', 'XRP-USD@sim'];
const RIGHT_WITHIN_MS = 5_000;

/** One viewer: a link, and a log of its attempts. */
class Viewer {
  readonly link: FeedLink;
  readonly dials: number[] = [];
  /** Attempts made before their wait was over. */
  early = 0;
  state: LinkState = { kind: 'idle' };
  #retryAt = 0;

  constructor(index: number, url: string) {
    const listener: LinkListener = {
      onState: (state) => {
        this.state = state;
        if (state.kind === 'waiting') this.#retryAt = state.retryAt;
      },
      onHello: () => {},
      onFrame: () => {},
      onBook: () => {},
      onTrades: () => {},
      onTicker: () => {},
      onCandle: () => {},
      onChannel: () => {},
      onMessage: () => {},
      onLostFrame: (error) => {
        throw error;
      },
    };
    this.link = new FeedLink({
      clock: new SystemClock(),
      random: new Random(1_000 + index),
      decode: readWireFrame,
      listener,
      dial: (events) => {
        const now = Date.now();
        this.dials.push(now);
        if (now < this.#retryAt) this.early++;
        const address = `10.0.0.${Math.floor(index / CLIENTS_PER_ADDRESS)}`;
        const socket = new WebSocket(url, 'tapedeck.v1.json', {
          headers: { 'x-forwarded-for': address },
        });
        socket.on('open', () => events.opened());
        socket.on('message', (data) => events.frame(String(data as Buffer)));
        socket.on('close', (code, reason) => events.closed(code, reason.toString()));
        socket.on('error', () => {});
        return { send: (text) => socket.send(text), drop: () => socket.terminate() };
      },
    });
    const symbol = SYMBOLS[index % SYMBOLS.length];
    this.link.subscribe(`book:${symbol}:10:100ms`);
    this.link.subscribe(`trades:${symbol}`);
  }

  /** Everything it follows may be shown as live, and is from this run of the feed. */
  isRight(epoch: string | undefined): boolean {
    if (this.link.epoch === epoch || this.state.kind !== 'open') return false;
    return [...this.link.channels].every(({ phase }) => phase === 'ok');
  }
}

let folder: string;
let port: number;
let feed: ChildProcess | undefined;
const viewers: Viewer[] = [];

/** Starts the feed as a process and waits until it listens. */
async function start(onPort: number): Promise<number> {
  feed = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      TAPEDECK_PORT: String(onPort),
      // Each client names its own address.
      TAPEDECK_TRUSTED_PROXIES: '127.0.0.1',
      TAPEDECK_DB: join(folder, 'history.db'),
    },
  });
  for await (const line of createInterface({ input: must(feed.stdout, 'stdout') })) {
    const told = JSON.parse(line) as { listening?: { port: number } };
    if (told.listening !== undefined) return told.listening.port;
  }
  throw new Error('the feed ended before it listened');
}

async function until(holds: () => boolean, withinMs: number, what: () => string): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what()}`);
    await pause(20);
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-return-'));
  port = await start(0);
  for (let i = 0; i < CLIENTS; i++) viewers.push(new Viewer(i, `ws://127.0.0.1:${port}/v1/stream`));
  for (const { link } of viewers) link.start();
  await until(allRight, 30_000, howMany);
}, 90_000);

afterAll(async () => {
  for (const { link } of viewers) link.stop();
  feed?.kill('SIGKILL');
  if (feed?.exitCode === null) await once(feed, 'exit');
  rmSync(folder, { recursive: true, force: true });
});

let epoch: string | undefined;
const allRight = (): boolean => viewers.every((viewer) => viewer.isRight(epoch));
const howMany = (): string =>
  `${viewers.filter((viewer) => viewer.isRight(epoch)).length} of ${CLIENTS} are right`;

test('killed under 500 connections, all are right again within 5 s of its return, without a connection storm', async () => {
  epoch = viewers[0]?.link.epoch;
  for (const { dials } of viewers) dials.length = 0;
  const dying = must(feed, 'feed');
  dying.kill('SIGKILL');
  await once(dying, 'exit');
  const killedAt = Date.now();
  await until(
    () => viewers.every(({ link }) => [...link.channels].every(({ phase }) => phase !== 'ok')),
    2_000,
    () => 'a client still believes a dead feed',
  );
  await start(port);
  const backAt = Date.now();
  await until(allRight, RIGHT_WITHIN_MS, howMany);
  const rightAfterMs = Date.now() - backAt;

  // Attempts are spread over each client's random wait, and none came too early.
  expect(viewers.filter(({ early }) => early > 0)).toEqual([]);
  const firsts = viewers.map(({ dials }) => must(dials[0], 'an attempt') - killedAt);
  const tenths = new Map<number, number>();
  for (const ms of firsts)
    tenths.set(Math.floor(ms / 100), (tenths.get(Math.floor(ms / 100)) ?? 0) + 1);
  expect(Math.max(...tenths.values())).toBeLessThan(0.45 * CLIENTS);
  // Their number grows with the outage: a handful each, however long the machine took to start a feed.
  const attempts = viewers.reduce((sum, { dials }) => sum + dials.length, 0) / CLIENTS;
  expect(attempts).toBeLessThan(5 + 4 * Math.log2(1 + (backAt - killedAt) / 500));

  // What is right is the feed's own book.
  const compared = await Promise.all(SYMBOLS.map((symbol, index) => agrees(symbol, index)));
  expect(compared).toEqual(SYMBOLS.map(() => true));
  expect(rightAfterMs).toBeLessThan(RIGHT_WITHIN_MS);
}, 60_000);

/** Whether a client's book equalled the feed's at some sequence that both had. */
async function agrees(symbol: string, index: number): Promise<boolean> {
  const mirror = must([...must(viewers[index], 'viewer').link.channels][0]?.mirror, 'mirror');
  const seen = new Map<number, number>();
  for (let i = 0; i < 200; i++) {
    const address = `http://127.0.0.1:${port}/v1/book?symbol=${symbol}&depth=10`;
    const { sequence, checksum } = bookSchema.parse(await (await fetch(address)).json());
    seen.set(sequence, checksum);
    await pause(5);
    const { book } = mirror;
    const theirs = seen.get(book.sequence);
    if (theirs === undefined) continue;
    return theirs === bookChecksum(book.asks.top(10), book.bids.top(10));
  }
  return false;
}
