/* P17: trades after an absence, from memory and from a real history file, and those that neither has. */

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { History } from '@tapedeck/db/history';
import { TestHistory } from '@tapedeck/db/test/test-history';
import { beginRecording } from '@tapedeck/db/test/test-recording';
import { must } from '@tapedeck/market/number/assert';
import type { SubscribedMessage } from '@tapedeck/market/wire/down';
import type { TradesMessage } from '@tapedeck/market/wire/tape';

import { SYMBOL, TestConnection, TestMarket } from '../../../test/stream/test-market.ts';
import { followedTrades } from '../../answer/followed-market.ts';
import { seedMarket } from '../../desk/market-seed.ts';
import { TRADE_RING } from '../../engine/symbol-market.ts';
import { sessionTrades } from './session-trades.ts';
import { MAX_RESUMED_TRADES, type TradeArchive } from './trade-resume.ts';

const TRADES = `trades:${SYMBOL}`;
let disk: TestHistory;
let history: History;
let sessions = 0;

beforeAll(() => {
  disk = new TestHistory();
  history = disk.history;
});

afterAll(() => {
  disk.close();
});

/** A market whose trades are recorded; `keeps` selects which. */
function recorded(keeps: (sequence: number) => boolean = () => true): {
  readonly market: TestMarket;
  readonly commit: () => void;
} {
  const market = new TestMarket((...asked) => archive(...asked));
  const writer = beginRecording(history, {
    id: `s${++sessions}`,
    now: market.clock.now(),
    instrument: market.market.instrument,
  });
  market.engine.listen({
    trade: (_, trade) => {
      if (keeps(trade.sequence)) writer.trade(SYMBOL, trade);
    },
  });
  const archive: TradeArchive = sessionTrades(history, market.engine, () => writer.id);
  return { market, commit: () => writer.flush({ now: market.clock.now(), partial: true }) };
}

function resume(
  market: TestMarket,
  sequence: number,
  epoch = market.market.epoch,
): {
  readonly channel: SubscribedMessage['channels'][number];
  readonly messages: readonly TradesMessage[];
} {
  const client = new TestConnection(market);
  client.say({
    type: 'subscribe',
    channels: [TRADES],
    since: { [TRADES]: { epoch, sequence } },
  });
  const heard = client.heard();
  client.connection.closed();
  const subscribed = heard.find((message) => message.type === 'subscribed');
  return {
    channel: must(must(subscribed, 'subscribed').channels[0], 'channel'),
    messages: heard.filter((message) => message.type === 'trades'),
  };
}

/** The messages chain, have every sequence from the first on, and end at the market's latest. */
function expectWhole(messages: readonly TradesMessage[], first: number, last: number): void {
  expect(messages[0]?.epoch).toBeDefined();
  expect(messages[0]?.previous).toBe(first - 1);
  messages.slice(1).forEach((message, index) => {
    expect(message.previous).toBe(messages[index]?.sequence);
    expect(message.epoch).toBeUndefined();
  });
  const sequences = messages.flatMap(({ trades }) => trades.map(([sequence]) => sequence));
  expect(sequences).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i));
  expect(messages.at(-1)?.sequence).toBe(last);
}

test('P17: within the ring a resume is full without the history', () => {
  const market = new TestMarket();
  market.trade(500);
  const { channel, messages } = resume(market, 123);
  expect(channel.resume).toBe('full');
  expectWhole(messages, 124, 500);
});

test('P17: if nothing was missed the resume is full, and nothing comes twice', () => {
  const market = new TestMarket();
  market.trade(5);
  const { channel, messages } = resume(market, 5);
  expect(channel.resume).toBe('full');
  expect(messages).toMatchObject([{ previous: 5, sequence: 5, trades: [] }]);
});

test('P17: trades older than the ring come from the history, in messages of bounded size', () => {
  const { market, commit } = recorded();
  market.trade(TRADE_RING + 5_000);
  commit();
  const { channel, messages } = resume(market, 100);
  expect(channel).toMatchObject({ resume: 'full' });
  expect(channel.lost).toBeUndefined();
  expectWhole(messages, 101, TRADE_RING + 5_000);
  expect(Math.max(...messages.map(({ trades }) => trades.length))).toBe(2_000);
});

test('P17: trades in the ring that the history has not committed yet are included', () => {
  const { market, commit } = recorded();
  market.trade(TRADE_RING);
  commit();
  market.trade(1_500);
  const { channel, messages } = resume(market, 10);
  expect(channel.resume).toBe('full');
  expectWhole(messages, 11, TRADE_RING + 1_500);
});

test('P17: trades that neither has are counted', () => {
  const { market, commit } = recorded((sequence) => sequence % 10 !== 0);
  market.trade(TRADE_RING + 1_000);
  commit();
  const { channel } = resume(market, 0);
  expect(channel).toMatchObject({ resume: 'partial', lost: 100 });
});

test('P17: without a history, trades older than the ring are counted as lost', () => {
  const market = new TestMarket();
  market.trade(TRADE_RING + 7);
  const { channel, messages } = resume(market, 2);
  expect(channel).toMatchObject({ resume: 'partial', lost: 5 });
  expectWhole(messages, 8, TRADE_RING + 7);
});

test('P17, P17a: after a very long absence the newest trades come, the others are counted', () => {
  const { market, commit } = recorded();
  market.trade(MAX_RESUMED_TRADES + 50);
  commit();
  const { channel, messages } = resume(market, 20);
  expect(channel).toMatchObject({ resume: 'partial', lost: 30 });
  expectWhole(messages, 51, MAX_RESUMED_TRADES + 50);
});

test.each([
  ['another epoch', 3, 'e99'],
  ['a sequence in the future', 6, undefined],
])('P17: %s cannot be resumed: none, and the newest trades', (_, sequence, epoch) => {
  const market = new TestMarket();
  market.trade(5);
  const { channel, messages } = resume(market, sequence, epoch);
  expect(channel.resume).toBe('none');
  expectWhole(messages, 1, 5);
});

test('P13, P17: after a reset within a session trades of the previous epoch are not mixed in', () => {
  const { market, commit } = recorded();
  market.trade(50);
  market.grid('2');
  market.trade(TRADE_RING + 10);
  commit();
  const { channel, messages } = resume(market, 4);
  expect(channel).toMatchObject({ resume: 'partial', lost: 6 });
  expectWhole(messages, 11, TRADE_RING + 10);
});

test('P13c, P17: a tape continues across a hole in the book, in memory and in the history, in order', () => {
  const { market, commit } = recorded();
  // All at one time: only their sequence gives the order.
  market.trade(3);
  market.hole();
  market.trade(2);
  market.book([[999, 5]], [[1_001, 5]]);
  market.trade(TRADE_RING);
  commit();
  const { trades } = history.trades.page({ symbol: SYMBOL, session: `s${sessions}`, limit: 9_999 });
  expect(trades.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: TRADE_RING + 5 }, (_, i) => i + 1),
  );
  expect(trades.map(({ priceTicks }) => priceTicks)).toEqual(
    Array.from({ length: TRADE_RING + 5 }, (_, i) => 1_000 + i),
  );
  const { channel, messages } = resume(market, 2, 'e0');
  expect(channel.resume).toBe('full');
  expectWhole(messages, 3, TRADE_RING + 5);
});

test('P17c: after a kill the tape begins with the trades of the new process, and a resume across the hole is none', () => {
  const before = recorded();
  before.market.trade(90);
  before.commit();
  // Sent as 91 to 95, and not written when the feed was killed.
  before.market.trade(5);
  const killedAt = before.market.market.tradeSequence;
  const after = new TestMarket(sessionTrades(history, before.market.engine, () => null));
  seedMarket(after.market, history);
  const fresh = resume(after, 85);
  expect(fresh.channel.resume).toBe('none');
  expect(fresh.messages).toMatchObject([{ previous: 90, sequence: 90, trades: [] }]);
  after.trade(7);
  expect(killedAt).toBe(95);
  const late = resume(after, 85);
  expect(late.channel.resume).toBe('none');
  expectWhole(late.messages, 91, 97);
  expect(resume(after, 90).channel.resume).toBe('full');
  expect(
    followedTrades(after.market, { since: undefined, limit: 500, archive: undefined }),
  ).toMatchObject({
    sequence: 97,
    trades: Array.from({ length: 7 }, (_, i) => [
      91 + i,
      after.clock.now(),
      expect.anything(),
      1,
      'buy',
    ]),
  });
});
