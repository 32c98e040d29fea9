import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';

import { SYMBOL, TestConnection, TestMarket } from '../../../test/stream/test-market.ts';
import { BookChannel } from './book-channel.ts';
import type { FrameTap } from './stream-channel.ts';
import { ViewAudit } from './view-audit.ts';

const BOOK = `book:${SYMBOL}:10:100ms`;

function audited(): {
  readonly market: TestMarket;
  readonly audit: ViewAudit;
  readonly mismatches: string[];
} {
  const market = new TestMarket();
  const mismatches: string[] = [];
  const audit = new ViewAudit({
    clock: market.clock,
    channels: () => market.hub.bookChannels(),
    onMismatch: (_, message) => mismatches.push(message),
  });
  return { market, audit, mismatches };
}

function run(market: TestMarket, ms: number): void {
  for (let i = 0; i < ms / 50; i++) {
    market.update();
    market.clock.advance(50);
  }
}

test('each view is audited once a minute and matches its frames', () => {
  const { market, audit, mismatches } = audited();
  const clients = [new TestConnection(market), new TestConnection(market)];
  for (const client of clients) client.follow(BOOK, `book:${SYMBOL}:25:raw`);
  run(market, 190_000);
  expect(audit.audits).toBe(6);
  expect(mismatches).toEqual([]);
  market.grid('2');
  market.book([[9, 1]], [[11, 1]]);
  run(market, 60_000);
  expect(audit.audits).toBe(8);
  expect(audit.mismatches).toBe(0);
});

test('a reset during an audit and a subscriber that leaves are not a mismatch', () => {
  const { market, audit } = audited();
  const client = new TestConnection(market);
  client.follow(BOOK);
  run(market, 62_000);
  market.grid('2');
  market.book([[9, 1]], [[11, 1]]);
  run(market, 60_000);
  client.connection.closed();
  run(market, 120_000);
  expect(audit.mismatches).toBe(0);
});

test.each([
  ['is lost', () => undefined],
  ['cannot be read', (tap: FrameTap) => (frame: Uint8Array) => tap(frame.subarray(0, -1))],
])('a frame that %s between the view and the wire is found', (_, broken) => {
  const { market, audit, mismatches } = audited();
  new TestConnection(market).follow(BOOK);
  run(market, 61_000);
  const [channel] = market.hub.bookChannels();
  expect(channel).toBeInstanceOf(BookChannel);
  const book = must(channel, 'book channel');
  const tap = must(book.tap, 'tap');
  book.tap = broken(tap);
  run(market, 200);
  book.tap = tap;
  run(market, 10_000);
  expect(audit.mismatches).toBe(1);
  expect(mismatches[0]).toContain(`${BOOK} is not what its frames say: stale`);
});
