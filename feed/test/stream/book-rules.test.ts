/* The rules of books (P1-P15) as a client on a real socket sees them; the test owns the market and the clock. */
import { afterEach, expect, test } from 'vitest';

import { bookChecksum } from '@tapedeck/market/book/checksum';
import { must } from '@tapedeck/market/number/assert';
import type { Level } from '@tapedeck/market/number/level';
import { Random } from '@tapedeck/market/number/random';
import type { BookDeltaMessage, BookSnapshotMessage } from '@tapedeck/market/wire/book';
import type { DownMessage } from '@tapedeck/market/wire/down';

import { isType, TestClient } from './test-client.ts';
import { SYMBOL, TestMarket } from './test-market.ts';
import { TestServer } from './test-server.ts';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function opened(): Promise<[TestMarket, TestClient, TestServer]> {
  const market = new TestMarket();
  const server = await TestServer.open(market);
  closers.push(() => server.close());
  return [market, await TestClient.open(server.url), server];
}

const isBook = (message: DownMessage): message is BookDeltaMessage | BookSnapshotMessage =>
  message.type === 'book-delta' || message.type === 'book-snapshot';

/** The simplest client that the protocol allows: it applies what it receives and never truncates. */
class PlainBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  sequence = 0;
  epoch = '';

  take(message: BookDeltaMessage | BookSnapshotMessage): void {
    if (message.type === 'book-snapshot') {
      this.bids.clear();
      this.asks.clear();
      this.epoch = message.epoch;
    } else expect(message.previous).toBe(this.sequence);
    for (const [side, levels] of [
      [this.bids, message.bids],
      [this.asks, message.asks],
    ] as const)
      for (const [price, size] of levels) {
        if (size === 0) side.delete(price);
        else side.set(price, size);
      }
    this.sequence = message.sequence;
  }

  get bidLevels(): Level[] {
    return [...this.bids].toSorted(([a], [b]) => b - a);
  }
  get askLevels(): Level[] {
    return [...this.asks].toSorted(([a], [b]) => a - b);
  }
}

test('P8, P9, P10, P11: deltas chain over any number of updates, and the client holds exactly the top ten (seed 11)', async () => {
  const [market, client] = await opened();
  client.send({ type: 'subscribe', channels: [`book:${SYMBOL}:10:100ms`] });
  const book = new PlainBook();
  book.take(await client.next(isType('book-snapshot')));
  const random = new Random(11);
  let removed = 0;
  for (let turn = 0; turn < 150; turn++) {
    const updates = random.integer(1, 12);
    for (let i = 0; i < updates; i++) {
      // Far more prices than the window has, a third of them removals, many of levels that never existed (P8).
      const size = random.chance(0.35) ? 0 : random.integer(1, 9);
      market.update([[random.integer(960, 999), size]]);
    }
    market.clock.advance(200);
    // The first update of a quiet channel is sent at once, the others with the wheel.
    while (book.bidLevels.toString() !== topOf(market, 10).toString()) {
      const message = await client.next(isBook);
      if (message.type === 'book-delta') {
        expect(message.merged).toBe(message.sequence - message.previous);
        removed += message.bids.filter(([, size]) => size === 0).length;
      }
      book.take(message);
      expect(book.bids.size).toBeLessThanOrEqual(10);
    }
    expect(book.sequence).toBeLessThanOrEqual(market.market.book.sequence);
  }
  expect(removed).toBeGreaterThan(50);
});

test('P12: a change larger than the snapshot is sent as the snapshot, and replaces everything', async () => {
  const [market, client] = await opened();
  client.send({ type: 'subscribe', channels: [`book:${SYMBOL}:10:100ms`] });
  await client.next(isType('book-snapshot'));
  market.update(Array.from({ length: 10 }, (_, i): Level => [999 - i, 6]));
  market.clock.advance(500);
  await client.next(isBook);
  // All ten leave and ten others enter: twenty levels to send, where the whole book has eleven.
  market.update([
    ...Array.from({ length: 10 }, (_, i): Level => [999 - i, 0]),
    ...Array.from({ length: 10 }, (_, i): Level => [899 - i, 7]),
  ]);
  market.clock.advance(200);
  const message = await client.next(isBook);
  expect(message.type).toBe('book-snapshot');
  expect(message.bids).toEqual(topOf(market, 10));
});

test('P13: another tick size is another epoch: a reset says so, and the book restarts', async () => {
  const [market, client] = await opened();
  client.send({ type: 'subscribe', channels: [`book:${SYMBOL}:10:raw`] });
  const first = await client.next(isType('book-snapshot'));
  market.grid('0.5');
  market.clock.advance(0);
  const reset = await client.next(isType('reset'));
  expect(reset).toMatchObject({ reason: 'tick-size', instrument: { tickSize: '0.5' } });
  market.book([[1_998, 5]], [[2_002, 5]]);
  market.clock.advance(0);
  const second = await client.next(isType('book-snapshot'));
  expect(second.epoch).not.toBe(first.epoch);
  expect(second.bids).toEqual([[1_998, 5]]);
});

test('P7: a book that is not ready is error 120, temporary, and its snapshot follows when it is', async () => {
  const [market, client] = await opened();
  market.grid('0.5');
  client.send({ type: 'subscribe', id: 4, channels: [`book:${SYMBOL}:10:raw`] });
  expect(await client.next(isType('error'))).toMatchObject({ id: 4, code: 120, temporary: true });
  market.book([[1_998, 5]], [[2_002, 5]]);
  market.clock.advance(0);
  expect((await client.next(isType('book-snapshot'))).asks).toEqual([[2_002, 5]]);
});

test('P7: every channel sends its first full value before any change', async () => {
  const [market, client] = await opened();
  market.trade(3);
  market.clock.advance(100);
  const names = [
    `book:${SYMBOL}:10:raw`,
    `trades:${SYMBOL}`,
    `ticker:${SYMBOL}`,
    `candles:${SYMBOL}:1m`,
  ];
  client.send({ type: 'subscribe', id: 1, channels: names });
  const { channels } = await client.next(isType('subscribed'));
  expect(channels.map(({ name }) => name)).toEqual(names);
  const first = [];
  for (let i = 0; i < names.length; i++) first.push(await client.next(() => true));
  expect(first.map(({ type }) => type)).toEqual(['book-snapshot', 'trades', 'ticker', 'candle']);
  expect(first[1]).toMatchObject({ sequence: 3 });
});

test('P14: every snapshot and the first delta of each second carry the checksum of the resulting book', async () => {
  const [market, client] = await opened();
  client.send({ type: 'subscribe', channels: [`book:${SYMBOL}:25:50ms`] });
  const book = new PlainBook();
  const snapshot = await client.next(isType('book-snapshot'));
  book.take(snapshot);
  expect(snapshot.checksum).toBe(bookChecksum(book.askLevels, book.bidLevels));
  const seconds = new Set<number>();
  for (let i = 0; i < 60; i++) {
    market.update([[999 - (i % 7), 10 + i]]);
    market.clock.advance(150);
    const delta = await client.next(isType('book-delta'));
    book.take(delta);
    const second = Math.floor(delta.sendTime / 1_000);
    expect(delta.checksum !== undefined, `delta ${i}`).toBe(!seconds.has(second));
    seconds.add(second);
    if (delta.checksum !== undefined)
      expect(delta.checksum).toBe(bookChecksum(book.askLevels, book.bidLevels));
  }
  expect(seconds.size).toBeGreaterThan(8);
});

test('P15: a crossed or locked book is sent as it is, flagged, and unflagged when it is over', async () => {
  const [market, client, server] = await opened();
  const channels = [`book:${SYMBOL}:10:raw`];
  client.send({ type: 'subscribe', channels });
  const book = new PlainBook();
  book.take(await client.next(isType('book-snapshot')));
  // Locked: the best bid is the best ask.
  market.update([[1_001, 3]]);
  market.clock.advance(100);
  book.take(await client.next(isBook));
  expect(must(book.bidLevels[0], 'best bid')[0]).toBe(1_001);
  expect(must(book.askLevels[0], 'best ask')[0]).toBe(1_001);
  const flag = await client.next(isType('channel-state'));
  expect(flag).toMatchObject({ state: 'ok', reason: 'crossed' });
  // Crossed, and still flagged: sent once.
  market.update([[1_005, 3]]);
  market.clock.advance(100);
  const crossed = await client.next(() => true);
  expect(crossed).toMatchObject({ type: 'book-delta', bids: [[1_005, 3]] });
  // A halt does not hide it, and a new subscriber gets the flag at once.
  market.engine.setState(market.market, 'halted', 'halt');
  market.clock.advance(100);
  expect(await client.next(isType('channel-state'))).toMatchObject({
    state: 'halted',
    reason: 'crossed',
  });
  const other = await TestClient.open(server.url);
  other.send({ type: 'subscribe', channels });
  await other.next(isType('book-snapshot'));
  for (let told = 0; told < 2; told++)
    expect(await other.next(isType('channel-state'))).toMatchObject({ reason: 'crossed' });
  market.update([
    [1_005, 0],
    [1_001, 0],
  ]);
  market.clock.advance(100);
  await client.next(isBook);
  const over = await client.next(isType('channel-state'));
  expect(over).toMatchObject({ state: 'halted', reason: 'halt' });
});

function topOf(market: TestMarket, depth: number): readonly Level[] {
  return market.market.book.bids.top(depth);
}
