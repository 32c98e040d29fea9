/* Many candles are read over many turns of the event loop, and the answer is that of the moment of the request. */
import { expect, test } from 'vitest';

import { TestHistory } from '@tapedeck/db/test/test-history';
import { beginRecording, START, SYMBOL } from '@tapedeck/db/test/test-recording';
import { ManualClock } from '@tapedeck/market/time/clock';
import { candlesSchema } from '@tapedeck/market/wire/http';

import { MarketEngine } from '../engine/market-engine.ts';
import { ReplayRooms } from '../replay/replay-rooms.ts';
import { ChannelIds } from '../stream/channel/channel-ids.ts';
import { marketRoutes } from './market-routes.ts';

/** One trade per second. */
const TRADES = 20_000;

test('ten thousand candles are read over many turns, so that other requests do not wait for all of them', async () => {
  const disk = new TestHistory();
  const { history } = disk;
  const writer = beginRecording(history);
  for (let n = 0; n < TRADES; n++) {
    const eventTime = START + n * 1_000;
    const trade = { sequence: n + 1, eventTime, priceTicks: 100 + (n % 50), sizeLots: 1 };
    writer.trade(SYMBOL, { ...trade, aggressor: 'buy' });
  }
  writer.close(START);
  const clock = new ManualClock(START + 1e9);
  const engine = new MarketEngine({ clock, nextEpoch: () => 'e', candles: () => [] });
  const ids = new ChannelIds();
  let work = 0;
  // Each reading of the clock is 10 ms later: more than a turn.
  const workNow = (): number => (work += 10);
  const rooms = new ReplayRooms({ history, clock, ids, newId: () => 'r', workNow });
  const routes = marketRoutes({ engine, history, rooms, clock, workNow });
  for (const from of ['', `&from=${START - 60_000}`]) {
    const asked = clock.now();
    let turns = 0;
    let isRead = false;
    const query = `symbol=${SYMBOL}&session=one&interval=5s&limit=10000${from}`;
    const reading = Promise.resolve(routes.request(`/v1/candles?${query}`)).finally(() => {
      isRead = true;
    });
    const turn = (): void => {
      turns++;
      clock.advance(1);
      if (!isRead) setImmediate(turn);
    };
    setImmediate(turn);
    const response = await reading;
    expect(turns).toBeGreaterThan(5);
    // P32: nothing in it is newer than the request.
    expect(response.headers.get('feed-time')).toBe(String(asked));
    const { candles } = candlesSchema.parse(await response.json());
    expect(candles.map(({ openTime }) => openTime)).toEqual(
      Array.from({ length: TRADES / 5 }, (_, n) => START + n * 5_000),
    );
    expect(candles.every(({ trades }) => trades === 5)).toBe(true);
  }
  disk.close();
});
