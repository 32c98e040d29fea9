/* The form of every message of a real feed (P1-P6), and access off loopback (P24). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';

import { TestFeed } from './test-feed.ts';

type AnyMessage = {
  readonly type: string;
  readonly receiveTime?: unknown;
  readonly sendTime?: unknown;
  readonly bids?: unknown;
  readonly asks?: unknown;
};

/** Fields that are decimal text or names by design; every other quantity is a safe integer. */
const TIMES = new Set(['eventTime', 'receiveTime', 'sendTime', 'now', 'openTime', 'since']);
const SYMBOLS = ['BTC-USD@sim', 'PEPE-USD@sim', 'ETH-USD@sim'];

let feed: TestFeed;
let frames: readonly string[];
let messages: readonly AnyMessage[];

beforeAll(async () => {
  feed = await TestFeed.start();
  frames = await framesOf(feed.stream, 400);
  messages = frames.flatMap((frame) =>
    frame.split('\n').map((text) => JSON.parse(text) as AnyMessage),
  );
}, 60_000);

afterAll(() => feed.close());

/** The first frames of a connection that follows one channel of each kind, unparsed. */
function framesOf(url: string, count: number): Promise<readonly string[]> {
  const socket = new WebSocket(url);
  const heard: string[] = [];
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => {
      const channels = SYMBOLS.flatMap((symbol) => [
        `book:${symbol}:10:raw`,
        `book:${symbol}:200:100ms`,
        `trades:${symbol}`,
        `ticker:${symbol}`,
        `candles:${symbol}:1s`,
      ]);
      socket.send(JSON.stringify({ type: 'subscribe', id: 1, channels }));
      socket.send(JSON.stringify({ type: 'ping', id: 2 }));
      socket.send(JSON.stringify({ type: 'subscribe', id: 3, channels: ['trades:NO-USD@sim'] }));
    });
    socket.on('message', (data) => {
      heard.push(String(data as Buffer));
      if (heard.length < count) return;
      socket.terminate();
      resolve(heard.slice(0, count));
    });
  });
}

/** Every value within a message, with its path. */
function* valuesOf(value: unknown, path: string): Generator<readonly [string, unknown]> {
  yield [path, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* valuesOf(inner, `${path}.${key}`);
}

test('P1: every number is a safe integer; only grids are decimal text', () => {
  let numbers = 0;
  for (const message of messages) {
    for (const [path, value] of valuesOf(message, message.type)) {
      if (typeof value === 'number') {
        numbers++;
        expect(Number.isSafeInteger(value), `${path} = ${value}`).toBe(true);
      }
      if (typeof value === 'string' && /^-?\d+(\.\d+)?(e.*)?$/.test(value))
        expect(path).toMatch(/\.(tickSize|lotSize|epoch)$|^hello\./);
    }
  }
  expect(numbers).toBeGreaterThan(1_000);
});

test('P2: times are epoch milliseconds, and a frame is sent after it was received', () => {
  const now = Date.now();
  for (const message of messages) {
    for (const [path, value] of valuesOf(message, message.type)) {
      if (!TIMES.has(path.split('.').at(-1) ?? '')) continue;
      expect(value, path).toBeGreaterThan(now - 2 * 86_400_000);
      expect(value, path).toBeLessThan(now + 60_000);
    }
    if (message.type === 'book-snapshot')
      expect(message.sendTime).toBeGreaterThanOrEqual(Number(message.receiveTime));
  }
});

test('P3: symbols are NAME@venue, and case matters', async () => {
  const { body } = await feed.get('/v1/instruments');
  const { instruments } = body as { instruments: { symbol: string; venue: string }[] };
  expect(instruments.length).toBeGreaterThanOrEqual(8);
  for (const { symbol, venue } of instruments) expect(symbol).toMatch(new RegExp(`^.+@${venue}$`));
  const { status, body: refusal } = await feed.get('/v1/book?symbol=btc-usd@sim&depth=10');
  expect(status).toBe(404);
  expect(refusal).toMatchObject({ error: { code: 102 } });
});

test('P4: a frame holds one or more whole messages, joined by newlines', () => {
  expect(frames.some((frame) => frame.includes('\n'))).toBe(true);
  for (const frame of frames) expect(frame.endsWith('\n')).toBe(false);
});

test('P5: fields are camelCase words, types kebab-case words, levels pairs', () => {
  const types = new Set<string>();
  for (const message of messages) {
    types.add(message.type);
    expect(message.type).toMatch(/^[a-z]+(-[a-z]+)*$/);
    for (const [path] of valuesOf(message, 'message')) {
      const field = path.split('.').at(-1) ?? '';
      // The keys of a heartbeat's maps are channel ids, those of an array its indexes.
      if (!/^\d+$/.test(field)) expect(field, path).toMatch(/^[a-z]+([A-Z][a-z]*|\d+[a-z]*)*$/);
    }
    if (message.type !== 'book-snapshot' && message.type !== 'book-delta') continue;
    for (const levels of [message.bids, message.asks] as unknown[][])
      for (const level of levels) expect(level).toHaveLength(2);
  }
  for (const type of ['hello', 'subscribed', 'book-snapshot', 'book-delta', 'trades', 'ticker'])
    expect(types).toContain(type);
});

test('P6: a message of one channel is the same text for all its subscribers', async () => {
  const [one, two] = await Promise.all([framesOf(feed.stream, 150), framesOf(feed.stream, 150)]);
  const deltas = (all: readonly string[]) =>
    all.flatMap((frame) => frame.split('\n')).filter((text) => text.includes('"book-delta"'));
  const others = new Set(deltas(two));
  expect(deltas(one).filter((text) => others.has(text)).length).toBeGreaterThan(50);
});

test('P24: with a token, nobody gets in without it: not at the upgrade, not over HTTP', async () => {
  const guarded = await TestFeed.start({ TAPEDECK_TOKEN: 'open-sesame' });
  try {
    expect(await closeCode(guarded.stream)).toBe(4500);
    expect(await closeCode(`${guarded.stream}?token=wrong`)).toBe(4500);
    expect((await guarded.get('/v1/instruments')).status).toBe(401);
    expect(await framesOf(`${guarded.stream}?token=open-sesame`, 3)).toHaveLength(3);
    const headers = { authorization: 'Bearer open-sesame' };
    expect((await fetch(`${guarded.base}/v1/instruments`, { headers })).status).toBe(200);
  } finally {
    await guarded.close();
  }
});

function closeCode(url: string): Promise<number> {
  const socket = new WebSocket(url);
  socket.on('error', () => {});
  return new Promise((resolve) => {
    socket.on('close', resolve);
  });
}
