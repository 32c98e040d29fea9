/*
 * P32c over real sockets: the dashboard's link behind a proxy that blocks WebSockets, and one that buffers streams.
 */
import { setTimeout as pause } from 'node:timers/promises';

import { afterAll, beforeAll, type ExpectStatic, test as base } from 'vitest';
import WebSocket from 'ws';

import { bookChecksum } from '@tapedeck/market/book/checksum';
import { FeedLink } from '@tapedeck/market/link/feed-link';
import type { Dial } from '@tapedeck/market/link/transport/link-socket';
import { openPolling } from '@tapedeck/market/link/transport/polling-socket';
import { openSse } from '@tapedeck/market/link/transport/sse-socket';
import { Random } from '@tapedeck/market/number/random';
import { readWireFrame } from '@tapedeck/market/wire/codec/wire-frame';
import { bookSchema } from '@tapedeck/market/wire/http';

import { BlockingProxy } from '../../../scripts/blocking-proxy.mjs';
import { SystemClock } from '../../src/machine/system-clock.ts';
import { TestFeed } from '../test-feed.ts';
import { TEST_HTTP } from '../test-http-port.ts';

const SYMBOL = 'BTC-USD@sim';
const NAMES = [
  `book:${SYMBOL}:25:100ms`,
  `trades:${SYMBOL}`,
  `ticker:${SYMBOL}`,
  'ticker:ETH-USD@sim',
  `candles:${SYMBOL}:1s`,
];

let feed: TestFeed;

beforeAll(async () => {
  feed = await TestFeed.start();
}, 60_000);
afterAll(() => feed.close());

/** Each test has a proxy and a viewer behind it: all wait for the link's time-outs, so they run side by side. */
const test = base
  .extend('proxy', async ({ task: _ }, { onCleanup }) => {
    const proxy = await BlockingProxy.open(feed.base);
    onCleanup(() => proxy.close());
    return proxy;
  })
  .extend('viewer', ({ proxy }, { onCleanup }) => {
    const viewer = new Viewer(proxy.port);
    onCleanup(() => viewer.link.stop());
    return viewer;
  });

/** A link with a log: what it lost, what it got twice, and the candles that it saw closed. */
class Viewer {
  readonly link: FeedLink;
  readonly lost: number[] = [];
  readonly trades: number[] = [];
  readonly candles: { openTime: number; state: string }[] = [];
  readonly errors: unknown[] = [];
  tickers = new Set<string>();
  replaced = 0;
  gaps = 0;

  constructor(port: number) {
    const clock = new SystemClock();
    const base = `http://127.0.0.1:${port}`;
    this.link = new FeedLink({
      clock,
      random: new Random(3),
      decode: readWireFrame,
      dial: websocket(port),
      fallback: {
        sse: (events) => openSse(TEST_HTTP, `${base}/v1/stream/sse`, events),
        polling: (events) => openPolling({ http: TEST_HTTP, clock, url: base }, events),
        probe: () =>
          fetch(`${base}/healthz`).then(
            ({ ok }) => ok,
            () => false,
          ),
      },
      listener: {
        onState: () => {},
        onHello: () => {},
        onFrame: () => {},
        onBook: (_channel, outcome) => {
          if (outcome === 'gap' || outcome === 'checksum') this.gaps++;
        },
        onTrades: (_channel, { trades }, lost, isNew) => {
          if (isNew) this.replaced++;
          if (lost > 0) this.lost.push(lost);
          for (const [sequence] of trades) this.trades.push(sequence);
        },
        onTicker: ({ parsed }) => void this.tickers.add(parsed.symbol),
        onCandle: (_channel, { openTime, state }) => void this.candles.push({ openTime, state }),
        onChannel: () => {},
        onMessage: (message) => {
          if (message.type === 'error') this.errors.push(message);
        },
        onLostFrame: (error) => void this.errors.push(error),
      },
    });
    for (const name of NAMES) this.link.subscribe(name);
    this.link.start();
  }

  get book() {
    return this.link.subscribe(NAMES[0] ?? '');
  }

  /** Its book equals the feed's: polled until both have the same sequence. */
  async equalsTheFeed(expect: ExpectStatic): Promise<void> {
    const deadline = Date.now() + 45_000;
    for (;;) {
      const answer = await fetch(`${feed.base}/v1/book?symbol=${SYMBOL}&depth=25`);
      const truth = bookSchema.parse(await answer.json());
      await pause(100);
      const { book } = this.book.mirror ?? {};
      const { bids = [], asks = [], sequence } = book?.snapshot(25) ?? {};
      if (sequence === truth.sequence) {
        expect({ bids, asks }).toEqual({ bids: truth.bids, asks: truth.asks });
        return;
      }
      expect(bookChecksum(asks, bids)).toBe(book?.checksum());
      if (Date.now() > deadline) throw new Error('the two never had the same sequence');
    }
  }

  /** Every trade once, in order, over whatever transport. */
  hasEveryTrade(expect: ExpectStatic): void {
    const [first = 0] = this.trades;
    expect(this.trades).toEqual(this.trades.map((_, i) => first + i));
    expect([this.lost, this.replaced]).toEqual([[], 1]);
  }
}

function websocket(port: number): Dial {
  return (events) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream`, 'tapedeck.v1.json');
    socket.on('open', () => events.opened());
    socket.on('message', (data) => events.frame(String(data as Buffer)));
    socket.on('close', (code, reason) => events.closed(code, reason.toString()));
    socket.on('error', () => {});
    return {
      send: (text) => socket.send(text),
      drop: () => {
        socket.removeAllListeners();
        socket.on('error', () => {});
        socket.terminate();
      },
    };
  };
}

async function until(holds: () => boolean, what: string, withinMs = 45_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(20);
  }
}

const isServed = (viewer: Viewer): boolean =>
  viewer.link.state.kind === 'open' &&
  [...viewer.link.channels].every(({ phase }) => phase === 'ok');

test.concurrent('WebSockets are blocked: the SSE stream serves, and is replaced without a gap when they are not', async ({
  proxy,
  viewer,
  expect,
}) => {
  await until(() => isServed(viewer), 'everything is served');
  expect(viewer.link.transport).toBe('sse');
  await viewer.equalsTheFeed(expect);
  // Its own messages are answered too.
  await until(() => viewer.link.roundTripMs !== undefined, 'a ping was answered');

  proxy.blocksUpgrades = false;
  const phases = new Set<string>();
  const book = viewer.book;
  viewer.link.retry();
  await until(() => {
    phases.add(book.phase);
    return viewer.link.transport === 'websocket';
  }, 'the websocket took over');
  await until(() => isServed(viewer), 'everything is served again');
  await pause(500);
  phases.add(book.phase);
  expect([...phases]).toEqual(['ok']);
  viewer.hasEveryTrade(expect);
  await viewer.equalsTheFeed(expect);
  expect([viewer.gaps, viewer.errors]).toEqual([0, []]);
}, 150_000);

test.concurrent('streams are buffered too: the market is polled, complete and in order, then the WebSocket takes over', async ({
  proxy,
  viewer,
  expect,
}) => {
  proxy.buffersStreams = true;
  // Like the dashboard's worker: an attempt that hangs while the feed answers requests is given up sooner.
  const hints = setInterval(() => viewer.link.hint(), 1_000);
  await until(() => isServed(viewer), 'everything is served', 50_000);
  clearInterval(hints);
  expect(viewer.link.transport).toBe('polling');
  const polled = viewer.trades.length;
  await until(() => viewer.trades.length > polled + 20, 'more trades');
  await pause(2_500);
  const { mirror } = viewer.book;
  expect(mirror?.book.checksum()).toBe(bookChecksum(...sidesOf(viewer)));
  expect([...viewer.tickers].toSorted()).toEqual([SYMBOL, 'ETH-USD@sim'].toSorted());
  const closed = viewer.candles.filter(({ state }) => state === 'closed');
  expect(closed.length).toBeGreaterThan(1);
  const times = viewer.candles.map(({ openTime }) => openTime);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(proxy.seen.filter((each) => each === 'GET /v1/tickers').length).toBeGreaterThan(1);

  proxy.blocksUpgrades = false;
  viewer.link.retry();
  await until(() => viewer.link.transport === 'websocket', 'the websocket took over');
  await until(() => isServed(viewer), 'everything is served again');
  viewer.hasEveryTrade(expect);
  await viewer.equalsTheFeed(expect);
  expect([viewer.gaps, viewer.errors]).toEqual([0, []]);
}, 200_000);

function sidesOf(viewer: Viewer) {
  const { asks = [], bids = [] } = viewer.book.mirror?.book.snapshot(10) ?? {};
  return [asks, bids] as const;
}

test.concurrent('a stream that is cut resumes: every trade once', async ({
  proxy,
  viewer,
  expect,
}) => {
  await until(() => isServed(viewer), 'everything is served');
  for (let i = 0; i < 2; i++) {
    const before = viewer.trades.length;
    proxy.cut();
    await until(() => viewer.link.state.kind !== 'open', 'the cut is noticed');
    await until(() => isServed(viewer), 'everything is served again');
    await until(() => viewer.trades.length > before + 5, 'more trades');
  }
  viewer.hasEveryTrade(expect);
  await viewer.equalsTheFeed(expect);
}, 60_000);
