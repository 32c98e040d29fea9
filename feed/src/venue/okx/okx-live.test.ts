import { expect, test } from 'vitest';

import { okxLive } from './okx-live.ts';

const book = (rest: object, action = 'update'): string =>
  JSON.stringify({
    ...{ arg: { channel: 'books', instId: 'BTC-USDT' }, action },
    data: [{ asks: [['64223', '0', '0', '0']], bids: [], ts: '1783786805808', ...rest }],
  });

test('books chain by prevSeqId; a checksum of 0 is none', () => {
  expect(
    okxLive.frame(book({ checksum: 0, seqId: 78_677_952_687, prevSeqId: 78_677_952_608 })),
  ).toEqual([
    {
      kind: 'event',
      market: 'BTC-USDT',
      event: {
        ...{ type: 'diff', firstId: 78_677_952_687, lastId: 78_677_952_687 },
        ...{ previousId: 78_677_952_608, eventTime: 1_783_786_805_808, checksum: undefined },
        ...{ bids: [], asks: [['64223', '0', '0', '0']] },
      },
    },
  ]);
  const snapshot = okxLive.frame(book({ checksum: -7, seqId: 9, prevSeqId: -1 }, 'snapshot'));
  expect(snapshot).toMatchObject([{ event: { type: 'snapshot', updateId: 9, checksum: -7 } }]);
});

test('V13: an update follows by prevSeqId alone, also after maintenance and without a change', () => {
  const check = (previousId: number, lastId: number, eventTime = 1_000): string =>
    okxLive.rule.check(
      { id: 50, eventTime: 1_000, isSnapshot: false },
      { firstId: lastId, lastId, previousId, eventTime },
    );
  expect([check(50, 61), check(50, 50), check(50, 3)]).toEqual(['apply', 'apply', 'apply']);
  expect([check(49, 61), check(40, 50), check(3, 7)]).toEqual(['gap', 'old', 'old']);
  // A lower id that follows nothing known, a second later: the ids start over, and the one between is missing.
  expect(check(3, 7, 2_500)).toBe('reset');
});

test('a trade may be several executions as one: it has all their ids', () => {
  const trade = (rest: object): string =>
    JSON.stringify({
      arg: { channel: 'trades', instId: 'BTC-USDT' },
      data: [
        {
          tradeId: '130639474',
          px: '42219.9',
          sz: '0.12',
          side: 'buy',
          ts: '1630048897897',
          ...rest,
        },
      ],
    });
  expect(okxLive.frame(trade({ count: '3' }))).toMatchObject([
    {
      market: 'BTC-USDT',
      event: { id: 130_639_474, firstId: 130_639_472, price: '42219.9', aggressor: 'buy' },
    },
  ]);
  // Without their number nothing says whether ids are missing.
  expect(okxLive.frame(trade({}))).toMatchObject([{ event: { id: undefined, key: '130639474' } }]);
});

test('V11: the notice of an upgrade means to move; refusals have the market and the words of the venue', () => {
  const notice = { event: 'notice', code: '64008', msg: 'The connection will soon be closed' };
  expect(okxLive.frame(JSON.stringify(notice))).toMatchObject([{ kind: 'move' }]);
  const error = {
    event: 'error',
    code: '60018',
    msg: "channel:books,instId:NO-SUCH doesn't exist",
  };
  expect(okxLive.frame(JSON.stringify(error))).toEqual([
    { kind: 'refused', market: 'NO-SUCH', detail: `60018: ${error.msg}` },
  ]);
  expect(okxLive.frame('pong')).toEqual([]);
  expect(okxLive.frame('{"event":"subscribe","arg":{"channel":"books","instId":"X"}}')).toEqual([]);
  for (const text of ['', '{', '[]', 'null', '7', '{}', '{"arg":{},"data":[]}', book({})])
    expect(okxLive.frame(text)).toMatchObject([{ kind: 'bad-line' }]);
});

test('the shape of an id says which list has it', () => {
  const path = (market: string): string => okxLive.instruments.request(market).path;
  expect(
    ['BTC-USDT', 'BTC-USDT-SWAP', 'BTC-USD-250926', 'BTC-USD-250926-60000-C'].map(path),
  ).toEqual([
    '/api/v5/public/instruments?instType=SPOT',
    '/api/v5/public/instruments?instType=SWAP',
    '/api/v5/public/instruments?instType=FUTURES',
    '/api/v5/public/instruments?instType=OPTION&instFamily=BTC-USD',
  ]);
  const rows = [
    {
      instId: 'BTC-USDT',
      baseCcy: 'BTC',
      quoteCcy: 'USDT',
      tickSz: '0.1',
      lotSz: '0.00000001',
      state: 'live',
    },
    {
      instId: 'BTC-USD-SWAP',
      baseCcy: '',
      quoteCcy: '',
      tickSz: '0.1',
      lotSz: '1',
      state: 'suspend',
    },
    { instId: 'BTC-USD-250926', tickSz: '0.10', lotSz: '1', state: 'expired' },
    { instId: 'X-Y', tickSz: '', lotSz: '1', state: 'preopen' },
  ];
  expect(okxLive.instruments.read(JSON.stringify({ code: '0', msg: '', data: rows }))).toEqual([
    {
      market: 'BTC-USDT',
      base: 'BTC',
      quote: 'USDT',
      tickSize: '0.1',
      lotSize: '0.00000001',
      status: 'open',
    },
    {
      market: 'BTC-USD-SWAP',
      base: 'BTC',
      quote: 'USD',
      tickSize: '0.1',
      lotSize: '1',
      status: 'halted',
      says: 'suspend',
    },
    {
      market: 'BTC-USD-250926',
      base: 'BTC',
      quote: 'USD',
      tickSize: '0.1',
      lotSize: '1',
      status: 'gone',
      says: 'expired',
    },
  ]);
  expect(
    okxLive.instruments.read('{"code":"51001","msg":"Instrument ID does not exist","data":[]}'),
  ).toEqual([]);
  expect(okxLive.instruments.read('<html>')).toMatch(/no list of instruments/);
});

test('V12: the trades of a hole are requested a hundred at a time, from its beginning', () => {
  const hole = { market: 'BTC-USDT', from: 1_000, after: 5, isAggregate: false };
  const path = (to: number): string => okxLive.missed.request({ ...hole, to }).path;
  const of = '/api/v5/market/history-trades?instId=BTC-USDT&type=1';
  expect(path(1_004)).toBe(`${of}&after=1005&limit=100`);
  expect(path(5_000)).toBe(`${of}&after=1100&limit=100`);
  const row = (id: string): object => ({
    tradeId: id,
    px: '1',
    sz: '2',
    side: 'sell',
    ts: '1654161646974',
  });
  const body = JSON.stringify({ code: '0', msg: '', data: [row('1001'), row('1000')] });
  expect(okxLive.missed.read(body, { ...hole, to: 1_001 })).toMatchObject([
    { id: 1_000, size: '2' },
    { id: 1_001, aggressor: 'sell' },
  ]);
  expect(
    okxLive.missed.read('{"code":"50011","msg":"Rate limit reached","data":[]}', {
      ...hole,
      to: 1,
    }),
  ).toMatch(/no list of trades/);
});
