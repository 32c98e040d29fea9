/* P13c: what a reset of the book does not affect, and what is sent before a full reset. */
import { expect, test } from 'vitest';

import { BINARY_FORM, JSON_FORM } from '../../src/stream/frame/wire-form.ts';
import { SYMBOL, TestConnection, TestMarket } from './test-market.ts';

const CHANNELS = [`trades:${SYMBOL}`, `ticker:${SYMBOL}`, `candles:${SYMBOL}:1m`];

test.each([JSON_FORM, BINARY_FORM])(
  'P13c: across a hole in the book, tape, candles and ticker continue ($subprotocol)',
  (form) => {
    const market = new TestMarket();
    const client = new TestConnection(market, {}, form);
    client.follow(...CHANNELS, `book:${SYMBOL}:10:raw`);
    market.trade(6);
    market.clock.advance(1_000);
    client.heard();
    market.hole();
    market.trade(2);
    market.clock.advance(1_000);
    const heard = client.heard();
    expect(heard.filter(({ type }) => type === 'reset')).toMatchObject([{ channel: 4 }]);
    expect(heard.filter(({ type }) => type === 'channel-state')).toMatchObject(
      [1, 2, 3, 4].map((channel) => ({ channel, state: 'syncing', reason: 'upstream-gap' })),
    );
    const { epoch, tapeEpoch } = market.market;
    expect([epoch, tapeEpoch]).toEqual(['e1', 'e0']);
    expect(heard.filter(({ type }) => type === 'trades')).toMatchObject([
      { previous: 6, sequence: 8 },
    ]);
    expect(heard.findLast(({ type }) => type === 'candle')).toMatchObject({ volume: 8, trades: 8 });
    expect(heard.findLast(({ type }) => type === 'ticker')).toMatchObject({
      ...{ bid: null, ask: null, last: 1_007, open24h: 1_000, volume24h: 8, sequence: 8 },
    });
    market.book([[999, 5]], [[1_001, 5]]);
    market.clock.advance(1_000);
    expect(client.heardOf('channel-state').map(({ state }) => state)).toEqual(Array(4).fill('ok'));
  },
);

test.each([JSON_FORM, BINARY_FORM])(
  'P17: waiting trades are sent before the reset that ends their epoch ($subprotocol)',
  (form) => {
    const market = new TestMarket();
    const client = new TestConnection(market, {}, form);
    client.follow(`trades:${SYMBOL}`);
    market.trade(3);
    // In the same turn.
    market.grid('2');
    market.trade();
    market.clock.advance(1_000);
    const tape = client.heard().filter(({ type }) => type !== 'heartbeat');
    expect(tape).toMatchObject([
      { type: 'trades', previous: 0, sequence: 3 },
      { type: 'reset', reason: 'tick-size', instrument: { tickSize: '2' } },
      { type: 'channel-state', state: 'syncing' },
      { type: 'trades', life: 'e1', previous: 0, sequence: 1 },
    ]);
    expect(tape[0]).not.toHaveProperty('life');
  },
);

test('P18a: a candle changed by a late trade is sent again, complete', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.follow(`candles:${SYMBOL}:1s`);
  market.trade();
  market.clock.advance(1_000);
  market.trade();
  market.clock.advance(1_500);
  client.heard();
  market.trade(1, market.clock.now() - 2_500);
  market.clock.advance(300);
  expect(client.heardOf('candle')).toMatchObject([
    { trades: 2, state: 'closed', sequence: 3 },
    { trades: 1, state: 'closed' },
  ]);
});

test('P18a: a candle that ends while the grid changes is sent as closed, on the new grid', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.follow(`candles:${SYMBOL}:1s`);
  market.trade();
  market.clock.advance(999);
  client.heard();
  market.grid('2');
  // Before the old one was sent as closed.
  market.trade(1, market.clock.now() + 1);
  market.clock.advance(300);
  expect(client.heard()).toMatchObject([
    { type: 'reset' },
    { type: 'channel-state' },
    { type: 'candle', open: 500, trades: 1, state: 'closed' },
    { type: 'candle', open: 1_001, trades: 1, state: 'forming' },
  ]);
});

test('P13b: a market that returns continues its numbers and its day, in another epoch of its tape', () => {
  const market = new TestMarket();
  const client = new TestConnection(market);
  client.follow(`trades:${SYMBOL}`);
  market.trade(5);
  market.engine.end(market.market);
  market.grid('1');
  market.trade();
  market.clock.advance(1_000);
  expect(client.heardOf('trades')).toMatchObject([
    { previous: 0, sequence: 5 },
    { life: 'e1', previous: 5, sequence: 6 },
  ]);
  expect(market.market.tapeEpoch).toBe('e1');
  expect(market.market.candles.day(market.clock.now()).volume24h).toBe(6);
});
