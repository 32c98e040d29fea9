/* A pushed batch is accepted or refused as a whole, and the pusher's own numbers are checked (P9). */
import { expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';
import { type IngestReport, ingestSchema } from '@tapedeck/market/wire/push';

import { Ingest } from '../../engine/ingest.ts';
import { MarketEngine } from '../../engine/market-engine.ts';
import { SilenceWatch } from '../../engine/silence-watch.ts';
import { PushSource } from './push-source.ts';

const SYMBOL = 'MINE@desk';
const ANNOUNCED = { type: 'instrument', symbol: SYMBOL, tickSize: '0.01', lotSize: '1' };
const BOOK = { type: 'snapshot', symbol: SYMBOL, bids: [[999, 5]], asks: [[1_001, 5]] };

class Rig {
  readonly clock = new ManualClock(1_760_000_000_000);
  readonly said: string[] = [];
  readonly engine: MarketEngine;
  readonly source: PushSource;
  #lives = 0;

  constructor() {
    const { clock } = this;
    this.engine = new MarketEngine({
      clock,
      nextEpoch: () => `e${this.#lives++}`,
      candles: () => [],
    });
    const ingest = new Ingest(this.engine, (event) =>
      this.said.push(event.type === 'status' ? event.message : event.title),
    );
    this.source = new PushSource({ engine: this.engine, clock, newId: () => 'h' });
    this.source.start(ingest.sink);
  }

  /** Through the schema, like a request. */
  push(...events: readonly object[]): ReturnType<PushSource['push']> {
    return this.source.push(ingestSchema.parse({ events }).events);
  }

  taken(...events: readonly object[]): IngestReport {
    const report = this.push(...events);
    if ('error' in report) throw new Error(report.message);
    return report;
  }

  refused(...events: readonly object[]): string {
    const report = this.push(...events);
    return 'error' in report ? report.message : `taken: ${JSON.stringify(report)}`;
  }

  get market() {
    return this.engine.market(SYMBOL);
  }
}

test('a batch takes the same path as any source, in one turn', () => {
  const { push, engine, said } = bound(new Rig());
  const trade = { type: 'trade', symbol: SYMBOL, priceTicks: 1_001, sizeLots: 2, aggressor: 'buy' };
  const update = { type: 'update', symbol: SYMBOL, asks: [[1_001, 3]] };
  const status = { type: 'status', kind: 'resume', message: 'the desk is back' };
  expect(push(ANNOUNCED, BOOK, trade, update, status)).toEqual({
    applied: 5,
    dropped: 0,
    duplicates: 0,
    gaps: 0,
    lostTrades: 0,
    markets: [
      { symbol: SYMBOL, state: 'ok', epoch: 'e0', sequence: 2, tradeSequence: 1, crossed: false },
    ],
  });
  expect(engine.market(SYMBOL)?.book.asks.top()).toEqual([[1_001, 3]]);
  expect(said).toEqual([
    `${SYMBOL} is pushed by a source of its own, in steps of 0.01`,
    status.message,
  ]);
});

const BAD: readonly (readonly [what: string, event: object, named: string])[] = [
  ['the simulator’s venue', { ...ANNOUNCED, symbol: 'BTC-USD@sim' }, 'events.1.symbol: the venue'],
  [
    'a symbol of another source',
    { ...ANNOUNCED, symbol: 'OTHER@venue' },
    'events.1.symbol: "OTHER@venue" comes',
  ],
  [
    'an unannounced symbol',
    { ...BOOK, symbol: 'NOBODY@desk' },
    'events.1.symbol: "NOBODY@desk" was not',
  ],
  [
    'a duplicate price',
    {
      ...BOOK,
      bids: [
        [999, 5],
        [999, 6],
      ],
    },
    'events.1.bids.1: the price 999',
  ],
  ['a level of size 0 in a snapshot', { ...BOOK, asks: [[999, 0]] }, 'events.1.asks.0: a snapshot'],
  [
    'a time in the future',
    { ...BOOK, eventTime: 1_760_000_100_000 },
    'events.1.eventTime: 1760000100000 is 100000 ms ahead',
  ],
  ['an old time', { ...BOOK, eventTime: 5 }, 'events.1.eventTime: 5 is'],
  ['an empty update', { type: 'update', symbol: SYMBOL }, 'events.1.bids: an update without'],
  [
    'a predecessor without a number',
    { type: 'update', symbol: SYMBOL, bids: [[1, 1]], previous: 4 },
    'events.1.previous: 4',
  ],
  [
    'a trade of size 0',
    { type: 'trade', symbol: SYMBOL, priceTicks: 1, sizeLots: 0, aggressor: 'buy' },
    'events.1.sizeLots: 0',
  ],
  [
    'ok without a book',
    { type: 'state', symbol: 'EMPTY@desk', state: 'ok' },
    'events.1.state: "ok" of EMPTY@desk',
  ],
  [
    'a headline in the future',
    { type: 'headline', title: 'x', time: 1_760_000_100_000 },
    'events.1.time: 1760000100000',
  ],
];
test.each(BAD)('%s refuses the whole batch and names the field', (_, event, named) => {
  const rig = new Rig();
  rig.taken(ANNOUNCED, BOOK, { ...ANNOUNCED, symbol: 'EMPTY@desk' });
  rig.engine.setInstrument({
    symbol: 'OTHER@venue',
    venue: 'venue',
    base: '',
    quote: '',
    tickSize: '1',
    lotSize: '1',
  });
  const before = rig.market?.book.sequence;
  expect(rig.refused({ type: 'update', symbol: SYMBOL, bids: [[998, 1]] }, event)).toContain(named);
  expect(rig.market?.book.sequence).toBe(before);
  expect(rig.market?.book.bids.length).toBe(1);
});

test('P9: a gap in the pusher’s numbers resets the book, which waits for a snapshot', () => {
  const rig = new Rig();
  const change = (sequence: number, previous?: number) => ({
    type: 'update',
    symbol: SYMBOL,
    bids: [[999, sequence]],
    sequence,
    ...(previous === undefined ? {} : { previous }),
  });
  rig.taken(ANNOUNCED, { ...BOOK, sequence: 10 });
  expect(rig.taken(change(11), change(11), change(15, 11))).toMatchObject({
    applied: 2,
    duplicates: 1,
    gaps: 0,
  });
  expect(rig.taken(change(17), change(18))).toMatchObject({
    applied: 0,
    dropped: 2,
    gaps: 1,
    markets: [{ state: 'syncing', epoch: 'e1', awaits: 'snapshot' }],
  });
  expect(rig.market).toMatchObject({ state: 'syncing', reason: 'upstream-gap', gapCount: 1 });
  expect(rig.taken({ ...BOOK, sequence: 20 }, change(21)).markets[0]).toMatchObject({
    state: 'ok',
  });
  expect(rig.market?.book.bids.top()).toEqual([[999, 21]]);
});

test('P17: numbered trades are taken once, and missing ones are reported', () => {
  const rig = new Rig();
  const trade = (sequence: number) => ({
    type: 'trade',
    symbol: SYMBOL,
    sequence,
    priceTicks: 1_000,
    sizeLots: 1,
    aggressor: 'sell',
  });
  rig.taken(ANNOUNCED, trade(5), trade(6));
  expect(rig.taken(trade(6), trade(7), trade(11))).toMatchObject({
    applied: 2,
    duplicates: 1,
    gaps: 1,
    lostTrades: 3,
  });
  expect(rig.market?.trades.tail().map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  expect(rig.said.at(-1)).toBe('MINE@desk: 3 trades before 11 are lost');
});

test('P17: after a new announcement trade numbers restart; without one a low number is a duplicate, reported once', () => {
  const rig = new Rig();
  const trade = (sequence: number, laterMs = 0) => ({
    type: 'trade',
    symbol: SYMBOL,
    sequence,
    eventTime: rig.clock.now() + laterMs,
    priceTicks: 1_000,
    sizeLots: 1,
    aggressor: 'sell',
  });
  rig.taken(ANNOUNCED, trade(500), trade(501));
  expect(rig.taken(trade(501))).toMatchObject({ applied: 0, duplicates: 1 });
  expect(rig.said).toHaveLength(1);
  expect(rig.taken(trade(1, 5), trade(2, 6))).toMatchObject({ applied: 0, duplicates: 2 });
  expect(rig.said.slice(1)).toEqual([
    'MINE@desk: trade 1 comes after trade 501, and is left out; if its numbering restarts, announce the instrument again',
  ]);
  expect(rig.taken(ANNOUNCED, trade(1, 7), trade(2, 8), trade(2, 8))).toMatchObject({
    applied: 3,
    duplicates: 1,
    lostTrades: 0,
  });
  expect(rig.market?.tradeSequence).toBe(4);
});

test('P12a: a snapshot older than the applied changes is not the book, before a gap and after it', () => {
  const rig = new Rig();
  const snapshot = (sequence: number, bid: number) => ({ ...BOOK, sequence, bids: [[bid, 1]] });
  const change = (sequence: number, previous: number) => ({
    type: 'update',
    symbol: SYMBOL,
    sequence,
    previous,
    bids: [[999, sequence]],
  });
  rig.taken(ANNOUNCED, snapshot(48, 990), change(50, 48));
  expect(rig.taken(snapshot(49, 995))).toMatchObject({
    duplicates: 1,
    markets: [{ state: 'ok' }],
  });
  expect(rig.market?.book.bids.top()[0]).toEqual([999, 50]);
  const holed = rig.taken(change(54, 53), snapshot(49, 995));
  expect(holed).toMatchObject({
    dropped: 2,
    markets: [{ state: 'syncing', awaits: 'snapshot' }],
  });
  expect(rig.said.at(-1)).toContain('snapshot 49 is older than change 50');
  expect(rig.taken(snapshot(56, 998), change(57, 56)).markets).toMatchObject([{ state: 'ok' }]);
  // Announced again, the venue counts from 1.
  expect(rig.taken(ANNOUNCED, snapshot(1, 997)).markets).toMatchObject([{ state: 'ok' }]);
  expect(rig.market?.book.bids.top()).toEqual([[997, 1]]);
});

test('P9: announced again, a book continues with the next change, and with any other waits for its snapshot', () => {
  const rig = new Rig();
  const change = (sequence: number) => ({
    type: 'update',
    symbol: SYMBOL,
    sequence,
    bids: [[999, sequence]],
  });
  rig.taken(ANNOUNCED, { ...BOOK, sequence: 10 });
  expect(rig.taken(ANNOUNCED, change(11)).markets).toMatchObject([{ state: 'ok' }]);
  expect(rig.taken(ANNOUNCED, change(1))).toMatchObject({
    gaps: 1,
    duplicates: 0,
    markets: [{ state: 'syncing', awaits: 'snapshot' }],
  });
});

test('P1: price and size are each exact, whatever their product; a day whose volume would not be is refused', () => {
  const rig = new Rig();
  const trade = (sizeLots: number) => ({
    type: 'trade',
    symbol: SYMBOL,
    priceTicks: 8_412_352,
    sizeLots,
    aggressor: 'buy',
  });
  const book = { ...BOOK, bids: [[8_412_345, 1_200_000_000]], asks: [[8_412_352, 2 ** 53 - 1]] };
  expect(rig.taken(ANNOUNCED, book, trade(1_200_000_000)).markets).toMatchObject([{ state: 'ok' }]);
  expect(rig.market?.book.asks.top()).toEqual([[8_412_352, 2 ** 53 - 1]]);
  expect(rig.refused(trade(2 ** 52), trade(2 ** 52))).toBe(
    'events.1.sizeLots: 4503599627370496 makes the volume of 24 hours 9007200454740992 lots, over 2^53; announce a lotSize such as 100',
  );
  expect(rig.market?.candles.day(rig.clock.now()).volume24h).toBe(1_200_000_000);
});

test('P13: another grid is another epoch of the book', () => {
  const rig = new Rig();
  rig.taken(ANNOUNCED, BOOK);
  rig.taken(ANNOUNCED);
  expect(rig.market?.epoch).toBe('e0');
  const coarse = { ...ANNOUNCED, tickSize: '0.1' };
  expect(rig.refused(coarse, { type: 'state', symbol: SYMBOL, state: 'ok' })).toContain(
    'waits for',
  );
  expect(rig.market?.epoch).toBe('e0');
  expect(rig.taken(coarse).markets[0]).toMatchObject({ epoch: 'e1', awaits: 'snapshot' });
});

test('P15: a crossed or locked book is shown, counted and flagged', () => {
  const rig = new Rig();
  const crossed = { ...BOOK, bids: [[1_002, 5]] };
  expect(rig.taken(ANNOUNCED, crossed).markets[0]).toMatchObject({ crossed: true, state: 'ok' });
  expect(rig.market?.crossedCount).toBe(1);
  expect(rig.taken(BOOK).markets[0]).toMatchObject({ crossed: false });
  // A locked book is flagged to its followers too.
  const locked = { ...BOOK, bids: [[1_001, 5]] };
  expect(rig.taken(locked).markets[0]).toMatchObject({ crossed: true, state: 'ok' });
  expect(rig.market?.crossedCount).toBe(2);
});

test('P16: a pushed book that falls silent is stale; confirming state ok keeps a slow one', () => {
  const rig = new Rig();
  new SilenceWatch(rig.engine, rig.clock);
  rig.taken(ANNOUNCED, BOOK);
  const alive = { type: 'state', symbol: SYMBOL, state: 'ok' };
  for (let second = 0; second < 20; second++) {
    rig.clock.advance(1_000);
    rig.taken(alive);
  }
  expect(rig.market?.state).toBe('ok');
  rig.clock.advance(6_000);
  expect(rig.market).toMatchObject({ state: 'stale', reason: 'upstream-silent' });
  rig.taken(alive);
  expect(rig.market?.state).toBe('ok');
});

test('what a pusher can add is bounded: symbols and levels', () => {
  const rig = new Rig();
  const many = Array.from({ length: 201 }, (_, i) => ({ ...ANNOUNCED, symbol: `S${i}@desk` }));
  expect(rig.refused(...many)).toContain('events.200.symbol: "S200@desk" is over the limit of 200');
  rig.taken(ANNOUNCED, BOOK);
  const deep = (from: number) => ({
    type: 'update',
    symbol: SYMBOL,
    bids: Array.from({ length: 5_000 }, (_, i) => [-from - i, 1]),
  });
  rig.taken(deep(0), deep(5_000), deep(10_000));
  rig.taken(deep(10_000));
  expect(rig.refused(deep(15_000))).toContain('events.0.bids: over 20000 levels');
});

test('P13b: a removed market is gone, makes room, and starts over when it is announced again', () => {
  const rig = new Rig();
  const ended: string[] = [];
  rig.engine.listen({ ended: ({ symbol, state, reason }) => ended.push(symbol, state, reason) });
  rig.taken(ANNOUNCED, { ...BOOK, sequence: 7 });
  const before = rig.market;
  expect(rig.source.remove(SYMBOL)).toBeUndefined();
  expect(ended).toEqual([SYMBOL, 'halted', 'delisted']);
  expect(rig.market).toBeUndefined();
  expect(rig.engine.markets()).toEqual([]);
  expect(rig.said.at(-1)).toBe(`${SYMBOL} was removed: nobody pushes it any more`);
  expect(rig.refused(BOOK)).toContain('was not announced');
  expect(rig.source.remove(SYMBOL)).toMatchObject({ error: 'unknown' });
  // Its followers follow the same market again, in a new epoch, with the pusher's old numbers forgotten.
  const again = rig.taken(ANNOUNCED, { type: 'state', symbol: SYMBOL, state: 'halted' });
  expect(again.markets[0]).toMatchObject({ epoch: 'e1', awaits: 'snapshot' });
  expect(rig.taken({ ...BOOK, sequence: 1 }).duplicates).toBe(0);
  expect(rig.market).toBe(before);
});

test('only pushed markets can be removed', () => {
  const rig = new Rig();
  rig.engine.setInstrument({
    symbol: 'OTHER@venue',
    venue: 'venue',
    base: '',
    quote: '',
    tickSize: '1',
    lotSize: '1',
  });
  expect(rig.source.remove('OTHER@venue')).toMatchObject({
    error: 'badRequest',
    message: 'symbol: "OTHER@venue" comes from a source of the feed itself',
  });
  expect(rig.source.remove('NO@desk')).toMatchObject({
    error: 'unknown',
    message: 'symbol: nobody pushes "NO@desk"',
  });
});

test('removed markets make room for 200 at once, and for 400 names in total', () => {
  const rig = new Rig();
  const named = (from: number) =>
    Array.from({ length: 200 }, (_, i) => ({ ...ANNOUNCED, symbol: `S${from + i}@desk` }));
  rig.taken(...named(0));
  const next = { ...ANNOUNCED, symbol: 'S200@desk' };
  expect(rig.refused(next)).toContain('over the limit of 200');
  for (let i = 0; i < 200; i++) rig.source.remove(`S${i}@desk`);
  rig.taken(...named(200));
  rig.source.remove('S399@desk');
  expect(rig.refused({ ...ANNOUNCED, symbol: 'S400@desk' })).toContain('over the limit of 400');
  rig.taken({ ...ANNOUNCED, symbol: 'S0@desk' });
});

test('a headline with an id is taken once', () => {
  const rig = new Rig();
  const headline = { type: 'headline', id: 'a', title: 'Rates unchanged' };
  expect(rig.taken(headline, headline)).toMatchObject({ applied: 1, duplicates: 1 });
  expect(rig.said).toEqual(['Rates unchanged']);
});

function bound(rig: Rig) {
  return { push: rig.push.bind(rig), engine: rig.engine, said: rig.said };
}
