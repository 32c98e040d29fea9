/* What connections share, and what must not be mixed up when one joins or leaves within a turn. */
import { expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { type Moment, momentOf } from '@tapedeck/market/time/clock';

import { SYMBOL, TestConnection, TestMarket } from '../../../test/stream/test-market.ts';
import type { Subscriber } from '../channel/subscriber.ts';
import type { Frame } from '../frame/frame.ts';
import type { Parcel } from '../frame/parcel.ts';
import { JSON_FORM, type WireForm } from '../frame/wire-form.ts';

const BOOK = { kind: 'book', symbol: SYMBOL, depth: 10, tier: 'raw' } as const;
const TRADES = { kind: 'trades', symbol: SYMBOL } as const;
const BOOK_NAME = `book:${SYMBOL}:10:raw`;
const TRADES_NAME = `trades:${SYMBOL}`;

class Listener implements Subscriber {
  readonly form: WireForm;
  readonly frames: Frame[] = [];
  readonly messages: number[] = [];

  constructor(form: WireForm = JSON_FORM) {
    this.form = form;
  }

  take(parcel: Parcel, _now: Moment): void {
    this.frames.push(parcel.frame);
    this.messages.push(parcel.messages);
  }
}

test('connections with the same channels get the very same finished frame, once per turn', () => {
  const market = new TestMarket();
  const [book, trades] = [BOOK, TRADES].map((name) => must(market.hub.channel(name), name.kind));
  const both = [new Listener(), new Listener()];
  const only = [new Listener(), new Listener()];
  for (const each of both) market.hub.add(must(book, 'book'), each);
  for (const each of [...both, ...only]) market.hub.add(must(trades, 'trades'), each);
  book?.welcome(momentOf(market.clock), undefined);
  market.clock.advance(1_000);
  market.update();
  market.update();
  market.trade();
  market.clock.advance(0);
  expect(both.map(({ messages }) => messages)).toEqual([[3], [3]]);
  expect(only.map(({ messages }) => messages)).toEqual([[1], [1]]);
  expect(both[0]?.frames[0]?.wire).toBe(both[1]?.frames[0]?.wire);
  expect(only[0]?.frames[0]?.wire).toBe(only[1]?.frames[0]?.wire);
  expect(both[0]?.frames[0]?.payload.toString().split('\n').length).toBe(3);
});

test('two forms of one turn are two frames', () => {
  const market = new TestMarket();
  const trades = must(market.hub.channel(TRADES), 'trades');
  const other: WireForm = { ...JSON_FORM, subprotocol: 'other', encode: () => Buffer.from('!') };
  const listeners = [new Listener(), new Listener(other)];
  for (const each of listeners) market.hub.add(trades, each);
  market.trade();
  market.clock.advance(0);
  const texts = listeners.map(({ frames }) => frames[0]?.payload.toString());
  expect(texts).toEqual([expect.stringContaining('"trades"'), '!']);
});

test('P7: a client that joins within a turn gets nothing older than its first full value', () => {
  const market = new TestMarket();
  const early = new TestConnection(market);
  early.follow(BOOK_NAME, TRADES_NAME);
  market.clock.advance(1_000);
  early.heard();
  market.update();
  const late = new TestConnection(market);
  late.say({ type: 'subscribe', channels: [BOOK_NAME] });
  market.update();
  market.clock.advance(25);
  const types = (client: TestConnection): string[] => client.heard().map(({ type }) => type);
  expect(types(late)).toEqual(['hello', 'subscribed', 'book-snapshot', 'book-delta']);
  expect(types(early)).toEqual(['book-delta', 'book-delta']);
});

test('P9: a resync within a turn is followed by deltas that chain to it', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  const [book] = client.follow(BOOK_NAME);
  market.clock.advance(1_000);
  market.update();
  client.heard();
  client.say({ type: 'resync', channels: [must(book, 'book')] });
  market.update();
  market.clock.advance(25);
  const [before, snapshot, after, ...rest] = client.heard();
  expect(before).toMatchObject({ type: 'book-delta', sequence: 2 });
  expect(snapshot).toMatchObject({ type: 'book-snapshot', sequence: 2 });
  expect(after).toMatchObject({ type: 'book-delta', previous: 2, sequence: 3 });
  expect(rest).toEqual([]);
});

test('nothing of a channel follows its unsubscribed, and others get what was published before', () => {
  const market = new TestMarket();
  const [leaver, stayer] = [new TestConnection(market), new TestConnection(market)];
  const [trades] = leaver.follow(TRADES_NAME);
  stayer.follow(TRADES_NAME);
  market.clock.advance(1_000);
  for (const client of [leaver, stayer]) client.heard();
  market.trade();
  market.clock.advance(0);
  market.trade();
  leaver.say({ type: 'unsubscribe', channels: [must(trades, 'trades')] });
  market.clock.advance(500);
  expect(leaver.heard().map(({ type }) => type)).toEqual(['trades', 'unsubscribed']);
  expect(stayer.heardOf('trades').map(({ sequence }) => sequence)).toEqual([1, 2]);
});

test('P20: a heartbeat leaves out what is published and not written yet', () => {
  const market = new TestMarket();
  // Before the connection's own beat of the same millisecond, which comes before the turn ends.
  market.clock.after(2_000, () => market.update());
  const client = new TestConnection(market);
  const [book, trades] = client.follow(BOOK_NAME, TRADES_NAME);
  client.heard();
  market.clock.advance(2_000);
  const [heartbeat, delta] = client.heard();
  expect(heartbeat).toMatchObject({ type: 'heartbeat', last: { [String(trades)]: 0 } });
  expect(heartbeat).not.toHaveProperty(`last.${book}`);
  expect(delta).toMatchObject({ type: 'book-delta', channel: book, sequence: 2 });
});
