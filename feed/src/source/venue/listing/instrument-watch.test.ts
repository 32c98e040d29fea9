/* When a venue is asked for its instruments again, with real venues and the answers that they give. */
import { expect, test } from 'vitest';

import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { coinbaseLive } from '../../../venue/coinbase/coinbase-live.ts';
import { krakenLive } from '../../../venue/kraken/kraken-live.ts';
import type { LiveVenue } from '../../../venue/live-venue.ts';
import { InstrumentWatch } from './instrument-watch.ts';

const MINUTE_MS = 60_000;

class Rig {
  readonly clock = new ManualClock();
  readonly asked: { readonly minute: number; readonly path: string }[] = [];
  readonly told: string[] = [];
  readonly halted = new Set<string>();
  readonly watch: InstrumentWatch;
  hasRoom = true;
  answer = { status: 200, text: pairs('online', 'BTC/USD', 'ETH/USD') };

  constructor(venue: LiveVenue, markets: readonly string[]) {
    const start = this.clock.monotonic();
    this.watch = new InstrumentWatch({
      ...{ venue, clock: this.clock, random: new Random(7), markets: () => markets },
      hasRoom: () => this.hasRoom,
      ask: ({ path }, done) => {
        this.asked.push({ minute: (this.clock.monotonic() - start) / MINUTE_MS, path });
        return this.clock.after(20, () => done(this.answer));
      },
      isHalted: (market) => this.halted.has(market),
      onListed: (market, instrument) => this.told.push(`${market} ${instrument?.status ?? 'gone'}`),
    });
    for (const market of markets) this.watch.knows(market);
  }

  minutes(count: number): number {
    const before = this.asked.length;
    this.clock.advance(count * MINUTE_MS);
    return this.asked.length - before;
  }
}

function pairs(status: string, ...names: readonly string[]): string {
  const pair = (wsname: string) => ({ wsname, pair_decimals: 1, lot_decimals: 8, status });
  const result = Object.fromEntries(names.map((name) => [name, pair(name)]));
  return JSON.stringify({ error: [], result });
}

test('V13: one list for all markets, every 5 to 10 minutes', () => {
  const rig = new Rig(krakenLive, ['BTC/USD', 'ETH/USD']);
  expect(rig.minutes(600)).toBeGreaterThanOrEqual(55);
  expect(rig.asked.length).toBeLessThanOrEqual(120);
  const waits = rig.asked.map(({ minute }, i) => minute - (rig.asked[i - 1]?.minute ?? 0));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(5);
  expect(Math.max(...waits)).toBeLessThanOrEqual(10.2);
  expect(new Set(waits.map((wait) => Math.round(wait * 10))).size).toBeGreaterThan(10);
  expect(rig.told.slice(0, 2)).toEqual(['BTC/USD open', 'ETH/USD open']);
});

test('V13: one market after the other where the venue states each by itself', () => {
  const rig = new Rig(coinbaseLive, ['BTC-USD', 'ETH-USD']);
  rig.minutes(12);
  expect(new Set(rig.asked.map(({ path }) => path)).size).toBe(2);
  const minutes = rig.asked.map(({ minute }) => minute);
  expect(new Set(minutes).size).toBe(minutes.length);
});

test('V13: a halted market is asked for every minute, and a hurried one at most so often', () => {
  const rig = new Rig(krakenLive, ['BTC/USD']);
  rig.halted.add('BTC/USD');
  rig.minutes(10);
  expect(rig.minutes(60)).toBeGreaterThanOrEqual(50);
  rig.halted.clear();
  rig.minutes(2);
  const before = rig.asked.length;
  for (let second = 0; second < 300; second++) {
    rig.watch.hurry('BTC/USD');
    rig.clock.advance(1_000);
  }
  expect(rig.asked.length - before).toBeGreaterThanOrEqual(4);
  expect(rig.asked.length - before).toBeLessThanOrEqual(6);
});

test('V13: nothing is asked without room in the budget', () => {
  const rig = new Rig(krakenLive, ['BTC/USD']);
  rig.hasRoom = false;
  expect(rig.minutes(60)).toBe(0);
  rig.hasRoom = true;
  expect(rig.minutes(1)).toBe(1);
});

test('V13: absent once is no news, nor is an answer that is no list, an empty one, or one for a market never listed', () => {
  const rig = new Rig(krakenLive, ['BTC/USD']);
  rig.answer.text = pairs('online', 'ETH/USD');
  while (rig.asked.length === 0) rig.minutes(0.5);
  expect(rig.told).toEqual([]);
  for (const answer of [
    { status: 200, text: pairs('online') },
    { status: 503, text: '' },
    { status: 0, text: 'no answer' },
    { status: 200, text: '<html>' },
    // For a list this is no statement about a market.
    { status: 400, text: 'bad request' },
  ]) {
    rig.answer = answer;
    rig.minutes(5);
  }
  expect(rig.told).toEqual([]);
  rig.answer = { status: 200, text: pairs('online', 'ETH/USD') };
  rig.minutes(2);
  expect(rig.told[0]).toBe('BTC/USD gone');
  const unknown = new Rig(krakenLive, ['NO/USD']);
  unknown.watch.forget('NO/USD');
  unknown.minutes(60);
  expect(unknown.told).toEqual([]);
});

test('V13: a venue that does not know a market says so with a 404', () => {
  const rig = new Rig(coinbaseLive, ['BTC-USD']);
  rig.answer = { status: 404, text: '{"error":"NOT_FOUND","message":"no such product"}' };
  rig.minutes(20);
  expect(rig.told[0]).toBe('BTC-USD gone');
});
