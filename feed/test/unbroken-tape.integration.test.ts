/*
 * P13c: holes in the book and changes of grid, pushed into a real feed: the tape is complete on the wire, in answers,
 * on disk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { DownMessage } from '@tapedeck/market/wire/down';
import type { CandlesBody, TradesBody } from '@tapedeck/market/wire/http';
import { JSON_SUBPROTOCOL, BINARY_SUBPROTOCOL } from '@tapedeck/market/wire/version';

import { TestClient } from './stream/test-client.ts';
import { TestFeed } from './test-feed.ts';

const SYMBOL = 'MINE@desk';
const NOW = Math.floor(Date.now() / 1_000) * 1_000;
const SETTINGS = { TAPEDECK_SOURCE: 'none' };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-tape-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const grid = (tickSize: string) => ({ type: 'instrument', symbol: SYMBOL, tickSize, lotSize: '1' });
const book = (sequence: number) => ({
  ...{ type: 'snapshot', symbol: SYMBOL, sequence, eventTime: NOW },
  ...{ bids: [[100, 5]], asks: [[200, 5]] },
});
/** All at one time: only their numbers give the order. */
const trade = (sizeLots: number, priceTicks = 150) => ({
  ...{ type: 'trade', symbol: SYMBOL, eventTime: NOW, priceTicks, sizeLots, aggressor: 'buy' },
});
const hole = { type: 'update', symbol: SYMBOL, previous: 90, sequence: 91, bids: [[99, 1]] };

/** Sizes of the received trades, and where an epoch ends, up to `count` of them. */
async function tapeOf(client: TestClient, count: number): Promise<readonly (number | string)[]> {
  const told: (number | string)[] = [];
  while (told.length < count) {
    const message = await client.next<DownMessage>(
      ({ type }) => type === 'trades' || type === 'reset',
    );
    if (message.type === 'reset') told.push(message.reason);
    else if (message.type === 'trades')
      told.push(...message.trades.map(([, , , size]) => size), ...(message.lost ? ['lost'] : []));
  }
  return told;
}

/** Once everything is written, trades of earlier grids are returned too. */
async function shown(feed: TestFeed, count = 5): Promise<object> {
  const get = async (path: string): Promise<unknown> =>
    (await feed.get(`/v1/${path}symbol=${SYMBOL}&from=${NOW - (NOW % 86_400_000)}`)).body;
  let trades: TradesBody['trades'] = [];
  while (trades.length < count) ({ trades } = (await get('trades?')) as TradesBody);
  const minutes = (await get('candles?interval=1m&')) as CandlesBody;
  const days = (await get('candles?interval=1d&')) as CandlesBody;
  const figures = ({ candles, instrument }: CandlesBody): object => [
    instrument.tickSize,
    candles.map(({ open, high, low, close, volume, trades: n }) => [
      open,
      high,
      low,
      close,
      volume,
      n,
    ]),
  ];
  return {
    sizes: trades.map(([, , , size]) => size),
    minutes: figures(minutes),
    days: figures(days),
  };
}

test('P13c, P17, P18: wire, answers and disk have every trade, across holes in the book and changes of grid', async () => {
  const settings = { ...SETTINGS, TAPEDECK_DB: join(folder, 'history.db') };
  const feed = await TestFeed.start(settings);
  const push = (...events: readonly object[]) => feed.post('/v1/ingest', { events });
  await push(grid('0.1'), book(1));
  const clients = await Promise.all(
    [JSON_SUBPROTOCOL, BINARY_SUBPROTOCOL].map((subprotocol) =>
      TestClient.open(feed.stream, { subprotocol }),
    ),
  );
  for (const client of clients) {
    client.send({ type: 'subscribe', channels: [`trades:${SYMBOL}`] });
    await client.next(({ type }) => type === 'trades');
  }
  expect((await push(trade(11), trade(22), hole, book(92), trade(33))).body).toMatchObject({
    applied: 4,
    gaps: 1,
    lostTrades: 0,
  });
  // A grid that does not fit, in the same turn.
  await push(trade(44, 153), grid('1'), book(93), trade(55, 15));
  for (const client of clients) {
    expect(await tapeOf(client, 6)).toEqual([11, 22, 33, 44, 'tick-size', 55]);
    await client.close();
  }
  const all = ['0.1', [[150, 153, 150, 150, 165, 5]]];
  const live = await shown(feed);
  expect(live).toEqual({ sizes: [11, 22, 33, 44, 55], minutes: all, days: all });
  expect((await feed.get(`/v1/tickers?symbols=${SYMBOL}`)).body).toMatchObject({
    tickers: [{ last: 15, open24h: 15, volume24h: 165, instrument: { tickSize: '1' } }],
  });
  await feed.close();
  const again = await TestFeed.start(settings);
  await again.post('/v1/ingest', { events: [grid('1'), book(1)] });
  expect(await shown(again)).toEqual(live);
  await again.close();
  // A new start, with a grid that the recording does not fit: the next trade joins it nevertheless.
  const last = await TestFeed.start(settings);
  await last.post('/v1/ingest', { events: [grid('1'), book(1), trade(66, 15)] });
  const joined = ['0.1', [[150, 153, 150, 150, 231, 6]]];
  expect(await shown(last, 6)).toEqual({
    sizes: [11, 22, 33, 44, 55, 66],
    minutes: joined,
    days: joined,
  });
  expect((await last.get(`/v1/tickers?symbols=${SYMBOL}`)).body).toMatchObject({
    tickers: [{ last: 15, open24h: 15, volume24h: 231 }],
  });
  await last.close();
}, 60_000);
