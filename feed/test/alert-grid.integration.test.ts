/*
 * P13a: a real feed whose pushed market changes its grid: its alerts stay at their prices, or report that they
 * cannot.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { AlertsBody } from '@tapedeck/market/wire/http';

import { TestFeed } from './test-feed.ts';

const SYMBOL = 'MINE@desk';
let feed: TestFeed;

beforeAll(async () => {
  feed = await TestFeed.start({ TAPEDECK_SOURCE: 'none' });
});
afterAll(() => feed.close());

const grid = (tickSize: string) => ({ type: 'instrument', symbol: SYMBOL, tickSize, lotSize: '1' });
const trade = (priceTicks: number) =>
  ({ type: 'trade', symbol: SYMBOL, priceTicks, sizeLots: 1, aggressor: 'buy' }) as const;
const ingest = (...events: readonly object[]) => feed.post('/v1/ingest', { events });
const alert = (priceTicks: number, tickSize?: string) =>
  feed.post('/v1/alerts', {
    symbol: SYMBOL,
    kind: 'crosses',
    priceTicks,
    ...(tickSize === undefined ? {} : { tickSize }),
  });
const alerts = async () => (await feed.get('/v1/alerts')).body as AlertsBody;

test('P13a: an alert fires at its price on the new grid, and one whose price is not on it reports that', async () => {
  await ingest(grid('0.01'), {
    type: 'snapshot',
    symbol: SYMBOL,
    bids: [[990, 1]],
    asks: [[1_010, 1]],
  });
  expect(await alert(1_000)).toMatchObject({ status: 201, body: { tickSize: '0.01' } });
  await alert(1_005);
  await ingest(grid('0.1'));
  const { rules, log } = await alerts();
  expect(rules).toMatchObject([
    { priceTicks: 100, tickSize: '0.1', state: 'normal' },
    { priceTicks: 1_005, tickSize: '0.01', state: 'error' },
  ]);
  // P13e: before that, their creation.
  const byPeople = log.filter(({ state, previousState }) => state === previousState);
  expect(byPeople.map(({ message }) => message).toSorted()).toEqual([
    `${SYMBOL}: alert made, crosses 10.00`,
    `${SYMBOL}: alert made, crosses 10.05`,
  ]);
  expect(log.filter((each) => !byPeople.includes(each))).toMatchObject([
    {
      state: 'error',
      message: expect.stringContaining('steps of 0.1, and 10.05 is not a multiple') as string,
    },
  ]);
  await ingest(
    { type: 'snapshot', symbol: SYMBOL, bids: [[99, 1]], asks: [[101, 1]] },
    trade(99),
    trade(101),
  );
  expect((await alerts()).log.map(({ message }) => message)).toContain(
    `${SYMBOL} crossed 10.0 upwards (last 10.1)`,
  );
  expect(await alert(1_005, '0.01')).toMatchObject({
    status: 400,
    body: {
      error: { message: expect.stringContaining('10.05 is not a price of MINE@desk') as string },
    },
  });
  expect(await alert(1_010, '0.01')).toMatchObject({ body: { priceTicks: 101, tickSize: '0.1' } });
});

test.each(['0', '-1', 'x', ''])('a tickSize of "%s" is refused by its name', async (tickSize) => {
  expect(await alert(1, tickSize)).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('tickSize') as string } },
  });
});
