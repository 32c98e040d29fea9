/* Pages of the tape: at any page size they add up to the tape once, whether written, being written or unwritten. */

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { History } from '@tapedeck/db/history';
import { TestHistory } from '@tapedeck/db/test/test-history';
import { beginRecording, INSTRUMENT, START, SYMBOL } from '@tapedeck/db/test/test-recording';
import { Random } from '@tapedeck/market/number/random';
import type { Trade } from '@tapedeck/market/tape/trade';
import { ManualClock } from '@tapedeck/market/time/clock';
import { tradesBodySchema } from '@tapedeck/market/wire/http';

import { MarketEngine } from '../engine/market-engine.ts';
import { ReplayRooms } from '../replay/replay-rooms.ts';
import { ChannelIds } from '../stream/channel/channel-ids.ts';
import { marketRoutes } from './market-routes.ts';

const SEED = Number(process.env['TAPEDECK_TEST_SEED'] ?? 905);
let disk: TestHistory;
let history: History;

beforeEach(() => {
  disk = new TestHistory();
  history = disk.history;
});

afterEach(() => {
  disk.close();
});

/** Many trades at one time, as a sweep makes them. */
function tape(random: Random, count: number, from: number, first: number): readonly Trade[] {
  let time = from;
  return Array.from({ length: count }, (_, i) => {
    if (random.chance(0.2)) time += random.integer(1, 40);
    const aggressor = random.chance(0.5) ? ('buy' as const) : ('sell' as const);
    return { sequence: first + i, eventTime: time, priceTicks: 7, sizeLots: 1 + i, aggressor };
  });
}

function write(id: string, trades: readonly Trade[], isOver: boolean): void {
  const writer = beginRecording(history, { id });
  for (const trade of trades) writer.trade(SYMBOL, trade);
  if (isOver) writer.close(START);
  else writer.flush({ partial: true, now: START });
}

test.each([
  ['stored in two sessions', true],
  ['of a feed that records nothing', false],
])(`the pages of a tape %s have every trade exactly once (seed ${SEED})`, async (_, isKept) => {
  const random = new Random(SEED);
  const before = tape(random, 90, START, 1);
  const recorded = tape(random, 60, START + 100_000, 91);
  // The recorder has written only the first part of that moment.
  const fresh = tape(random, 40, recorded.at(-1)?.eventTime ?? START, 151);
  if (isKept) {
    write('one', before, true);
    write('two', recorded, false);
  }
  const clock = new ManualClock(START + 200_000);
  const engine = new MarketEngine({ clock, nextEpoch: () => 'e', candles: () => [] });
  const market = engine.setInstrument(INSTRUMENT);
  for (const trade of [...(isKept ? recorded.slice(-20) : [...before, ...recorded]), ...fresh])
    engine.addTrade(market, trade);
  const all = [...before, ...recorded, ...fresh].map(({ sequence }) => sequence);
  const rooms = new ReplayRooms({
    history,
    clock,
    ids: new ChannelIds(),
    newId: () => 'r',
    workNow: () => 0,
  });
  const routes = marketRoutes({
    engine,
    history,
    rooms,
    clock,
    workNow: () => 0,
    archive: () => undefined,
  });
  for (const limit of [1, 7, 60, 90, 150, 151, 189, 190, 5_000]) {
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({ symbol: SYMBOL, from: '0', limit: String(limit) });
      if (cursor !== undefined) query.set('cursor', cursor);
      const response = await routes.request(`/v1/trades?${query.toString()}`);
      const page = tradesBodySchema.parse(await response.json());
      expect(page.trades.length).toBeLessThanOrEqual(limit);
      seen.push(...page.trades.map(([sequence]) => sequence));
      cursor = page.next;
    } while (cursor !== undefined && seen.length <= all.length);
    expect(seen, `pages of ${limit}`).toEqual(all);
  }
  rooms.close();
});
