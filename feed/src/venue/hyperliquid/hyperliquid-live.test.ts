import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { hyperliquidLive } from './hyperliquid-live.ts';

const SHAPES = new URL('../../../fixtures/hyperliquid-shapes/', import.meta.url);
const linesOf = (file: string): readonly string[] =>
  readFileSync(new URL(file, SHAPES), 'utf8').trim().split('\n');
const [FRAMES, ANSWERS] = [linesOf('frames.ndjson'), linesOf('answers.ndjson')];
const HOLE = { market: 'BTC', from: 0, to: 0, after: 1_700_000_000_000, isAggregate: false };

function answerOf(at: number): string {
  return ANSWERS[at] ?? '';
}

test('recorded frames: whole books, best levels and trades; acknowledgements say nothing', () => {
  const findings = FRAMES.filter((line) => line.includes('"channel"')).map((line) =>
    hyperliquidLive.frame(line),
  );
  expect(findings).toMatchObject([
    [],
    [
      {
        market: 'HYPE',
        event: {
          ...{ type: 'snapshot', eventTime: 1_764_842_873_555 },
          bids: [
            ['34.967', '2.85'],
            ['34.962', '3.84'],
          ],
          asks: [
            ['34.969', '1473.06'],
            ['34.97', '1544.51'],
          ],
        },
      },
    ],
    [],
    [
      {
        market: 'HYPE',
        event: {
          ...{ type: 'diff', isTop: true, lastId: 1_766_566_375_292 },
          ...{ bids: [['23.757', '42.09']], asks: [['23.758', '100.26']] },
        },
      },
    ],
    [],
    [
      {
        market: 'HYPE',
        event: {
          ...{ type: 'trade', id: undefined, key: '1764835613064 716095722814130' },
          ...{ price: '35.276', size: '5.78', aggressor: 'buy', eventTime: 1_764_835_613_064 },
        },
      },
    ],
  ]);
});

test('it subscribes and unsubscribes as recorded: a book with its best levels, in the fast form', () => {
  const streams = [hyperliquidLive.book('HYPE'), ...hyperliquidLive.trades('HYPE')];
  const sent = hyperliquidLive.subscribe(streams, 1).map((text) => JSON.parse(text) as unknown);
  const recorded = FRAMES.filter((line) => !line.includes('"channel"')).map(
    (line) => JSON.parse(line) as { method: string; subscription: { type: string } },
  );
  expect(sent).toEqual(
    recorded.map(({ method, subscription }) => ({
      method,
      subscription: { ...subscription, ...(subscription.type === 'l2Book' ? { fast: true } : {}) },
    })),
  );
  expect(hyperliquidLive.unsubscribe(streams, 2)).toHaveLength(3);
});

test('V6: a frame that cannot be read may have had trades; the next whole book has what it had of books', () => {
  for (const text of [
    ...['', '{"channel":"l2Book","data":{"coin":"B', '[]', 'null', '{"channel":"bbo","data":7}'],
    '{"channel":"l2Book","data":{"coin":"BTC","time":1,"levels":[[]]}}',
    '{"channel":"trades","data":[{"coin":"BTC"}]}',
  ])
    expect(hyperliquidLive.frame(text)).toMatchObject([
      { kind: 'bad-line' },
      { kind: 'hole', only: 'trades' },
    ]);
  expect(hyperliquidLive.frame('{"channel":"pong"}')).toEqual([]);
});

test('a one-sided book has one best level; refusals name their market', () => {
  const bbo =
    '{"channel":"bbo","data":{"coin":"X","time":9,"bbo":[null,{"px":"2","sz":"1","n":1}]}}';
  expect(hyperliquidLive.frame(bbo)).toMatchObject([{ event: { bids: [], asks: [['2', '1']] } }]);
  const error = (data: string): string => JSON.stringify({ channel: 'error', data });
  const detail = 'Invalid subscription {"type":"l2Book","coin":"NOPE"}';
  expect(hyperliquidLive.frame(error(detail))).toEqual([
    { kind: 'refused', market: 'NOPE', detail },
  ]);
  expect(hyperliquidLive.frame(error('Already subscribed: {"coin":"BTC"}'))).toEqual([]);
});

test('trades come oldest first, and those older than the newest are past', () => {
  const row = { coin: 'BTC', side: 'A', px: '1', sz: '2', hash: '0x0', users: [] };
  const data = [
    { ...row, time: 30, tid: 3 },
    { ...row, time: 10, tid: 1 },
    { ...row, time: 30, tid: 2 },
  ];
  expect(hyperliquidLive.frame(JSON.stringify({ channel: 'trades', data }))).toMatchObject([
    { event: { key: '10 1', isPast: true, aggressor: 'sell' } },
    { event: { key: '30 3' } },
    { event: { key: '30 2' } },
  ]);
  expect(hyperliquidLive.missed.read(JSON.stringify(data), HOLE)).toHaveLength(3);
});

test('V5a: the grid of sizes is szDecimals, that of prices what is left of six places', () => {
  expect(hyperliquidLive.instruments.read(answerOf(0))).toMatchObject([
    { market: 'BTC', tickSize: '0.1', lotSize: '0.00001', quote: 'USDC', status: 'open' },
    { market: 'ETH', tickSize: '0.01', lotSize: '0.0001' },
    { market: 'HPOS', tickSize: '0.000001', lotSize: '1' },
    { market: 'LOOM', status: 'gone' },
  ]);
  expect(hyperliquidLive.instruments.read(answerOf(3))).toHaveLength(28);
});

test('recorded answers: books of 20 levels, and candles without the noise of floats', () => {
  for (const [at, best] of [
    [1, '21.828'],
    [4, '2.111'],
  ] as const) {
    const event = hyperliquidLive.snapshot?.read(answerOf(at));
    const bids = typeof event === 'object' && event.type === 'snapshot' ? event.bids : [];
    expect([bids.length, bids[0]?.[0]]).toEqual([20, best]);
  }
  const { candles } = hyperliquidLive;
  expect(candles?.read(answerOf(2), '1h', 'BTC')).toMatchObject([
    { openTime: 1_737_331_200_000, open: '20.184', volume: '10651612.71', trades: 278_401 },
    { close: '21.738' },
  ]);
  const noisy = answerOf(2).replace('10651612.71', '3495670.8399999999');
  expect(candles?.read(noisy, '1h', 'BTC')).toMatchObject([{ volume: '3495670.84' }, {}]);
  const span = { market: 'BTC', interval: '1m', from: 0, to: 25 * 3_600_000 } as const;
  expect(candles?.requests(span)).toEqual([
    {
      path: '/info',
      body: '{"type":"candleSnapshot","req":{"coin":"BTC","interval":"1m","startTime":0,"endTime":89999999}}',
      weight: 45,
    },
  ]);
});

test('answers that are something else are text', () => {
  for (const text of ['<html>', '{}', 'null', '[1]', '[{"t":1}]']) {
    expect(hyperliquidLive.instruments.read(text)).toEqual(expect.any(String));
    expect(hyperliquidLive.missed.read(text, HOLE)).toEqual(expect.any(String));
    expect(hyperliquidLive.snapshot?.read(text)).toEqual(expect.any(String));
    expect(hyperliquidLive.candles?.read(text, '1m', 'BTC')).toEqual(expect.any(String));
  }
});
