import { createHash } from 'node:crypto';

import { expect, test } from 'vitest';

import type { MarketEvent } from '@tapedeck/market/instrument/market-event';
import type { EpochMs } from '@tapedeck/market/number/level';
import { ManualClock } from '@tapedeck/market/time/clock';

import { MirrorBooks } from './mirror-books.ts';
import { MODEL_VERSION } from './model-version.ts';
import { HEADLINE_SPREAD_MS } from './news-desk.ts';
import { isScenario, SCENARIO_NAMES, type ScenarioName } from './scenario.ts';
import { SIM_INSTRUMENTS } from './sim-instrument.ts';
import { MAX_CATCH_UP_MS, Simulator, type SimulatorOptions } from './simulator.ts';

const FROM = 1_760_018_400_000;
const MINUTE = 60_000;

function simulator(options: Partial<SimulatorOptions> = {}): Simulator {
  return new Simulator({
    seed: 7,
    scenario: 'normal',
    speed: 1,
    clock: new ManualClock(FROM),
    from: FROM,
    ...options,
  });
}

function run(options: Partial<SimulatorOptions>, durationMs: number): MarketEvent[] {
  const events: MarketEvent[] = [];
  simulator(options).advanceTo(FROM + durationMs, (event) => events.push(event));
  return events;
}

function hash(events: readonly MarketEvent[]): string {
  const digest = createHash('sha256');
  for (const event of events) digest.update(JSON.stringify(event));
  return digest.digest('hex').slice(0, 16);
}

test('the same seed, scenario and version give byte-identical events', () => {
  expect(hash(run({}, 30_000))).toBe(hash(run({}, 30_000)));
  expect(hash(run({ seed: 8 }, 30_000))).not.toBe(hash(run({}, 30_000)));
  expect(hash(run({ scenario: 'burst' }, 60_000))).not.toBe(hash(run({}, 60_000)));
});

test('the model version identifies one market: a change of the events needs a new one', () => {
  expect([MODEL_VERSION, hash(run({}, 30_000))]).toEqual(['sim-2', '3f7288a8013070b3']);
});

test('pacing changes nothing: in slices or at once, alone or by the clock, the events are the same', () => {
  const whole = run({}, 20_000);
  const sliced: MarketEvent[] = [];
  const market = simulator();
  const sink = (event: MarketEvent): void => void sliced.push(event);
  for (let time = FROM; time <= FROM + 10_000; time += 137) market.advanceTo(time, sink);
  market.advanceTo(FROM + 20_000, sink);
  expect(hash(sliced)).toBe(hash(whole));

  const clock = new ManualClock(FROM);
  const live: MarketEvent[] = [];
  simulator({ clock }).start((event) => live.push(event));
  clock.advance(20_000);
  expect(live.map(withoutReceiveTime)).toEqual(whole.map(withoutReceiveTime));
});

test('a symbol trades the same alone as among others, except for shared news', () => {
  const alone = run({ symbols: ['SOL-USD@sim'] }, 5_000);
  const among = run({}, 5_000);
  const ofSymbol = (events: readonly MarketEvent[]): readonly MarketEvent[] =>
    events
      .filter((event) => event.type === 'trade' || event.type === 'update')
      .filter((event) => event.symbol === 'SOL-USD@sim');
  expect(ofSymbol(among)).toEqual(ofSymbol(alone));
});

test('start emits every instrument first, then a snapshot of each, and BTC-USD@sim leads', () => {
  const events: MarketEvent[] = [];
  simulator().start((event) => events.push(event));
  const count = SIM_INSTRUMENTS.length;
  expect(count).toBeGreaterThanOrEqual(8);
  expect(events.slice(0, count).map(({ type }) => type)).toEqual(Array(count).fill('instrument'));
  expect(events.slice(count, 2 * count).map(({ type }) => type)).toEqual(
    Array(count).fill('snapshot'),
  );
  expect(events[0]).toMatchObject({
    instrument: { symbol: 'BTC-USD@sim', tickSize: '0.1', lotSize: '0.00000001' },
  });
});

test('live events carry the clock as receiveTime and come within 40 ms of their eventTime', () => {
  const clock = new ManualClock(FROM);
  let last: EpochMs = 0;
  let count = 0;
  simulator({ clock, symbols: ['BTC-USD@sim'] }).start((event) => {
    if (event.type !== 'update' && event.type !== 'trade') return;
    count += 1;
    expect(event.receiveTime).toBe(clock.now());
    expect(clock.now() - event.eventTime).toBeLessThanOrEqual(40);
    expect(event.eventTime).toBeGreaterThanOrEqual(last);
    last = event.eventTime;
  });
  clock.advance(10_000);
  expect(count).toBeGreaterThan(500);
});

test('speed is market time over wall time', () => {
  const clock = new ManualClock(FROM);
  const market = simulator({ clock, speed: 10, symbols: ['SOL-USD@sim'] });
  market.start(() => {});
  clock.advance(3_000);
  expect(market.marketTime - FROM).toBe(30_000);
});

test('start continues where advanceTo ended, and does not announce the market twice', () => {
  const clock = new ManualClock(FROM + MINUTE);
  const events: MarketEvent[] = [];
  const sink = (event: MarketEvent): void => void events.push(event);
  const market = simulator({ clock });
  market.advanceTo(clock.now(), sink);
  const before = events.length;
  market.start(sink);
  expect(events.length).toBe(before);
  clock.advance(1_000);
  expect(hash(events.map(withoutReceiveTime))).toBe(
    hash(run({}, MINUTE + 1_000).map(withoutReceiveTime)),
  );
});

test('a sink that did not see the past gets the market as it is now', () => {
  const market = simulator({ clock: new ManualClock(FROM + MINUTE) });
  const books = new MirrorBooks();
  market.advanceTo(FROM + MINUTE, (event) => books.take(event));
  const fresh = new MirrorBooks();
  market.start((event) => fresh.take(event));
  for (const { instrument } of SIM_INSTRUMENTS) {
    expect(fresh.levels(instrument.symbol)).toEqual(books.levels(instrument.symbol));
  }
});

test('a machine that slept an hour causes no burst: the hole is reported and every book starts over', () => {
  const clock = new ManualClock(FROM);
  const events: MarketEvent[] = [];
  const market = simulator({ clock });
  market.start((event) => events.push(event));
  clock.advance(2_000);
  events.length = 0;
  clock.stepWall(3_600_000);
  clock.advance(20);
  expect(events.length).toBe(1 + 3 * SIM_INSTRUMENTS.length);
  expect(events[0]).toMatchObject({ type: 'status', severity: 'warning', kind: 'venue-link' });
  expect(events[0]).toHaveProperty('message', expect.stringContaining('3600 s'));
  expect(
    events.filter((event) => event.type === 'state' && event.state === 'syncing'),
  ).toHaveLength(SIM_INSTRUMENTS.length);
  events.length = 0;
  clock.advance(1_000);
  const times = events.flatMap((event) => ('eventTime' in event ? [event.eventTime] : []));
  expect(Math.min(...times)).toBeGreaterThanOrEqual(FROM + 3_602_000);
  expect(Math.max(...times)).toBeLessThanOrEqual(clock.now());
});

test('a pause up to the limit is caught up with, and nothing is lost', () => {
  const clock = new ManualClock(FROM);
  const market = simulator({ clock, symbols: ['SOL-USD@sim'] });
  const events: MarketEvent[] = [];
  market.start((event) => events.push(event));
  clock.stall(MAX_CATCH_UP_MS - 100);
  clock.advance(20);
  expect(events.filter(({ type }) => type === 'status')).toHaveLength(1);
  expect(clock.now() - market.marketTime).toBeLessThan(20);
});

test('after close the sink is not called again', () => {
  const clock = new ManualClock(FROM);
  let count = 0;
  const market = simulator({ clock });
  market.start(() => {
    count += 1;
    if (count === 500) market.close();
  });
  clock.advance(10_000);
  expect(count).toBe(500);
  market.close();
});

test('books stay sane: sorted, positive, safe integers, bounded, never crossed, trades within the book', () => {
  for (const seed of [1, 7, 23]) {
    const books = new MirrorBooks();
    const market = simulator({ seed });
    let last: EpochMs = 0;
    market.advanceTo(FROM + 2 * MINUTE, (event) => {
      const problem = books.take(event);
      if (problem !== undefined) expect.fail(`seed ${seed}: ${problem}`);
      if (!('eventTime' in event)) return;
      expect(event.eventTime).toBeGreaterThanOrEqual(last);
      last = event.eventTime;
    });
    expect(books.crossed).toBe(0);
    for (const { instrument } of SIM_INSTRUMENTS) {
      const { bids, asks } = books.levels(instrument.symbol);
      for (const side of [bids, asks]) {
        expect(side.length).toBeGreaterThan(10);
        expect(side.length).toBeLessThan(260);
      }
    }
  }
});

test.each(SCENARIO_NAMES.filter((name) => name !== 'crossed' && name !== 'gap'))(
  'scenario %s keeps books sane and uncrossed',
  (scenario) => {
    const books = new MirrorBooks();
    simulator({ scenario, symbols: ['BTC-USD@sim', 'ACME@sim'] }).advanceTo(
      FROM + 6 * MINUTE,
      (event) => {
        const problem = books.take(event);
        if (problem !== undefined) expect.fail(`${scenario}: ${problem}`);
      },
    );
    expect(books.crossed).toBe(0);
  },
);

test('headlines of jumps have the eventId of a jump that moved the price within 400 ms', () => {
  const events = run({ scenario: 'news-storm', symbols: ['BTC-USD@sim'] }, 20 * MINUTE);
  const headlines = events.filter((event) => event.type === 'headline');
  const jumps = headlines.filter(({ eventId }) => eventId !== undefined);
  expect(jumps.length).toBeGreaterThan(5);
  expect(new Set(headlines.map(({ id }) => id)).size).toBe(headlines.length);
  const trades = events.filter((event) => event.type === 'trade');
  let moved = 0;
  let agreed = 0;
  for (const { time } of jumps) {
    const before = trades.findLast(({ eventTime }) => eventTime < time - HEADLINE_SPREAD_MS);
    const after = trades.findLast(({ eventTime }) => eventTime < time + HEADLINE_SPREAD_MS + 3_000);
    if (before === undefined || after === undefined) continue;
    agreed += 1;
    // Half the smallest jump: 15.6 * 0.5 volatilities of 8 ticks.
    if (Math.abs(after.priceTicks - before.priceTicks) > 31) moved += 1;
  }
  expect(moved / agreed).toBeGreaterThan(0.7);
});

test('there are about one to three headlines a minute', () => {
  const headlines = run({ symbols: ['BTC-USD@sim', 'GLOBEX@sim'] }, 60 * MINUTE).filter(
    ({ type }) => type === 'headline',
  );
  expect(headlines.length).toBeGreaterThan(40);
  expect(headlines.length).toBeLessThan(180);
});

test('halt: the first symbol announces it, is silent for 60 s and returns with a snapshot', () => {
  const events = run({ scenario: 'halt', symbols: ['BTC-USD@sim', 'SOL-USD@sim'] }, 2 * MINUTE);
  const told = events.filter((event) => event.type === 'state');
  expect(told).toMatchObject([
    { symbol: 'BTC-USD@sim', state: 'halted', reason: 'halt', eventTime: FROM + 45_000 },
    { symbol: 'BTC-USD@sim', state: 'ok', reason: 'halt', eventTime: FROM + 105_000 },
  ]);
  const during = events.filter(
    (event) =>
      'eventTime' in event && event.eventTime > FROM + 45_010 && event.eventTime < FROM + 105_000,
  );
  expect(during.every((event) => 'symbol' in event && event.symbol === 'SOL-USD@sim')).toBe(true);
  const resumed = events.findIndex((event) => event.type === 'state' && event.state === 'ok');
  expect(events[resumed - 1]).toMatchObject({ type: 'snapshot', symbol: 'BTC-USD@sim' });
  expect(events.filter((event) => event.type === 'status').map(({ kind }) => kind)).toEqual([
    'venue-link',
    'halt',
    'resume',
  ]);
});

test('stale: the first symbol falls silent unannounced', () => {
  const events = run({ scenario: 'stale', symbols: ['BTC-USD@sim', 'SOL-USD@sim'] }, 2 * MINUTE);
  expect(events.filter(({ type }) => type === 'state')).toEqual([]);
  const late = events.filter((event) => 'eventTime' in event && event.eventTime > FROM + 31_000);
  expect(late.length).toBeGreaterThan(100);
  expect(late.some((event) => 'symbol' in event && event.symbol === 'BTC-USD@sim')).toBe(false);
});

test('crossed: the book crosses for 2 s and recovers', () => {
  const books = new MirrorBooks();
  const market = simulator({ scenario: 'crossed', symbols: ['BTC-USD@sim'] });
  const sink = (event: MarketEvent): void => void books.take(event);
  market.advanceTo(FROM + 9_990, sink);
  expect(books.crossed).toBe(0);
  market.advanceTo(FROM + 11_000, sink);
  expect(books.crossed).toBeGreaterThan(0);
  market.advanceTo(FROM + 13_000, sink);
  const { bids, asks } = books.levels('BTC-USD@sim');
  expect(bids[0]?.[0]).toBeLessThan(asks[0]?.[0] ?? 0);
});

test('gap: a loss is reported, and the snapshot after it is the book of the market', () => {
  const market = simulator({ scenario: 'gap', symbols: ['BTC-USD@sim'] });
  const books = new MirrorBooks();
  const states: string[] = [];
  market.advanceTo(FROM + 3 * MINUTE, (event) => {
    books.take(event);
    if (event.type === 'state') states.push(event.state);
  });
  expect(states.length).toBeGreaterThan(3);
  expect(states.filter((_, index) => index % 2 === 0).every((state) => state === 'syncing')).toBe(
    true,
  );
  const truth = new MirrorBooks();
  market.start((event) => truth.take(event));
  if (states.at(-1) === 'ok')
    expect(books.levels('BTC-USD@sim')).toEqual(truth.levels('BTC-USD@sim'));
});

test('tick-size-change: the instrument is announced again before its new book', () => {
  const events = run({ scenario: 'tick-size-change', symbols: ['BTC-USD@sim'] }, 4 * MINUTE);
  const instruments = events.filter((event) => event.type === 'instrument');
  expect(instruments.map(({ instrument }) => instrument.tickSize)).toEqual(['0.1', '1', '0.1']);
  const changes = events.flatMap((event, index) =>
    event.type === 'instrument' ? [events[index + 1]?.type] : [],
  );
  expect(changes).toEqual(['snapshot', 'snapshot', 'snapshot']);
});

test('every scenario of the design exists, and no other name is accepted', () => {
  const names: readonly ScenarioName[] = [
    'normal',
    'quiet',
    'trend',
    'news-storm',
    'flash-crash',
    'thin-book',
    'burst',
    'halt',
    'tick-size-change',
    'exchange-restart',
    'gap',
    'crossed',
    'stale',
  ];
  expect([...SCENARIO_NAMES].toSorted()).toEqual(names.toSorted());
  for (const wrong of ['', 'Normal', 'flash_crash', 'toString', '__proto__'])
    expect(isScenario(wrong)).toBe(false);
});

test('an unknown symbol is refused', () => {
  expect(() => simulator({ symbols: ['BTC-EUR@sim'] })).toThrow('no simulated symbol BTC-EUR@sim');
});

function withoutReceiveTime(event: MarketEvent): MarketEvent {
  return 'receiveTime' in event ? { ...event, receiveTime: 0 } : event;
}
