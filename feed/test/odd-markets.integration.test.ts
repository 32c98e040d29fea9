/*
 * Names in other scripts and prices below zero, everywhere: pushed, streamed, queried, recorded, replayed, exported.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';

import { isType, TestClient } from './stream/test-client.ts';
import { TestFeed } from './test-feed.ts';

const SYMBOLS = ['币安人生USDT@desk', 'BTC/USDT:USDT@desk', 'PEPE/WETH@desk', '@107@desk'];

let feed: TestFeed;

beforeAll(async () => {
  feed = await TestFeed.start({ TAPEDECK_SOURCE: 'none' });
});
afterAll(() => feed.close());

/** A spread: the best prices are on the two sides of zero, the trades below and above. */
const pushed = (symbol: string): readonly object[] => [
  { type: 'instrument', symbol, tickSize: '0.5', lotSize: '1', base: 'QAL', quote: 'USD' },
  { type: 'snapshot', symbol, bids: [[-29, 20]], asks: [[5, 10]] },
  { type: 'trade', symbol, priceTicks: -29, sizeLots: 20, aggressor: 'buy' },
  { type: 'trade', symbol, priceTicks: 5, sizeLots: 10, aggressor: 'sell' },
  { type: 'trade', symbol, priceTicks: -2, sizeLots: 30, aggressor: 'buy' },
];

type Session = {
  readonly id: string;
  readonly symbols: readonly string[];
  readonly counts: { trades: number };
};

/** The session, once the recorder has written all trades. */
async function recorded(): Promise<Session> {
  let whole: Session | undefined;
  await expect
    .poll(async () => {
      const { body } = await feed.get('/v1/sessions');
      const { sessions } = body as { readonly sessions: readonly Session[] };
      whole = sessions.find(({ counts }) => counts.trades === 3 * SYMBOLS.length);
      return whole?.id;
    })
    .toBeDefined();
  return must(whole, 'a session with every trade');
}

test.each(SYMBOLS)(
  'P1, P3a: %s, which trades below zero, is streamed and served',
  async (symbol) => {
    const report = (await feed.post('/v1/ingest', { events: pushed(symbol) })).body;
    expect(report).toMatchObject({ applied: 5, markets: [{ symbol, state: 'ok' }] });
    const client = await TestClient.open(feed.stream);
    const channels = [`book:${symbol}:10:raw`, `trades:${symbol}`, `candles:${symbol}:1m`];
    client.send({ type: 'subscribe', channels: [...channels, `ticker:${symbol}`] });
    expect(await client.next(isType('book-snapshot'))).toMatchObject({
      bids: [[-29, 20]],
      asks: [[5, 10]],
    });
    expect(await client.next(isType('trades'))).toMatchObject({
      trades: [
        [1, expect.any(Number), -29, 20, 'buy'],
        [2, expect.any(Number), 5, 10, 'sell'],
        [3, expect.any(Number), -2, 30, 'buy'],
      ],
    });
    const candle = { open: -29, high: 5, low: -29, close: -2, volume: 60, trades: 3 };
    expect(await client.next(isType('candle'))).toMatchObject(candle);
    expect(await client.next(isType('ticker'))).toMatchObject({ last: -2, bid: -29, ask: 5 });
    await client.close();
    const query = `symbol=${encodeURIComponent(symbol)}`;
    expect((await feed.get(`/v1/book?${query}`)).body).toMatchObject({ bids: [[-29, 20]] });
    expect((await feed.get(`/v1/candles?${query}&interval=1m`)).body).toMatchObject({
      candles: [candle],
    });
    const streamed = encodeURIComponent(`book:${symbol}:10:raw`);
    const response = await fetch(`${feed.base}/v1/stream/sse?channels=${streamed}`);
    expect(response.status).toBe(200);
    await response.body?.cancel();
  },
);

test('P3a, P26: such a session is recorded, listed, and replayed after a seek with the same book', async () => {
  const { id, symbols } = await recorded();
  expect([...symbols].sort()).toEqual([...SYMBOLS].sort());
  const made = await feed.post('/v1/replays', { session: id, symbols: SYMBOLS });
  expect(made.status).toBe(201);
  const { id: replay } = made.body as { readonly id: string };
  const client = await TestClient.open(`${feed.stream}?replay=${replay}`);
  client.send({ type: 'subscribe', channels: SYMBOLS.map((symbol) => `book:${symbol}:10:raw`) });
  client.send({ type: 'replay', id: 1, command: 'speed', value: 'max' });
  client.send({ type: 'replay', id: 2, command: 'play' });
  for (const _ of SYMBOLS)
    expect(await client.next(isType('book-snapshot'))).toMatchObject({ bids: [[-29, 20]] });
  await client.close();
});

test('P3a, P33: such a session is exported in every format, and its files have plain names', async () => {
  const { id } = await recorded();
  for (const format of ['tape', 'csv', 'ndjson']) {
    const response = await fetch(`${feed.base}/v1/sessions/${id}/export?format=${format}`);
    expect(response.status).toBe(200);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.length).toBeGreaterThan(100);
    if (format === 'csv') expect(bytes.toString('latin1')).not.toMatch(/L2_[^.]*[:@]/);
  }
});
