import { expect, test } from 'vitest';

import { deribitLive } from './deribit-live.ts';

const notice = (channel: string, data: string): string =>
  `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"${channel}","data":${data}}}`;
const book = (rest: string): string =>
  notice(
    'book.BTC-PERPETUAL.100ms',
    `{"timestamp":1592820072343,"instrument_name":"BTC-PERPETUAL","change_id":4095205460,${rest}}`,
  );

test('V5: numbers keep their text, with exponents; what is deleted has no size', () => {
  const text = book(
    '"type":"change","prev_change_id":4095205325,"bids":[["delete",9411.0,0.0],["change",9415.5,2.2e3]],"asks":[["new",9.42e3,1E-8]]',
  );
  expect(deribitLive.frame(text)).toEqual([
    {
      ...{ kind: 'event', market: 'BTC-PERPETUAL' },
      event: {
        ...{ type: 'diff', firstId: 4_095_205_460, lastId: 4_095_205_460 },
        ...{ previousId: 4_095_205_325, eventTime: 1_592_820_072_343 },
        bids: [
          ['9411.0', '0'],
          ['9415.5', '2.2e3'],
        ],
        asks: [['9.42e3', '1E-8']],
      },
    },
  ]);
});

test('a message that names none before it is a snapshot, with or without a type', () => {
  for (const type of ['', '"type":"snapshot",'])
    expect(deribitLive.frame(book(`${type}"bids":[],"asks":[["new",9420.0,70.0]]`))).toMatchObject([
      { event: { type: 'snapshot', updateId: 4_095_205_460, asks: [['9420.0', '70.0']] } },
    ]);
});

test('trades count by trade_seq, for each instrument in the message', () => {
  const row = (seq: number, name: string): string =>
    `{"trade_seq":${seq},"trade_id":"137486952","timestamp":1616321287195,"price":56273.5,"instrument_name":"${name}","direction":"buy","amount":6000.0}`;
  expect(
    deribitLive.frame(notice('trades.future.BTC.raw', `[${row(7, 'BTC-26MAR21')},${row(9, 'X')}]`)),
  ).toMatchObject([
    { market: 'BTC-26MAR21', event: { id: 7, price: '56273.5', size: '6000.0', aggressor: 'buy' } },
    { market: 'X', event: { id: 9 } },
  ]);
});

test('V9: a test request is answered; V11: maintenance means to move', () => {
  const heartbeat = (type: string): string =>
    `{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"${type}"}}`;
  expect(deribitLive.frame(heartbeat('heartbeat'))).toEqual([]);
  const [reply] = deribitLive.frame(heartbeat('test_request'));
  expect(reply).toMatchObject({ kind: 'reply' });
  expect(JSON.parse(reply?.kind === 'reply' ? reply.text : '')).toMatchObject({
    method: 'public/test',
  });
  const state = (data: string): string => notice('platform_state', data);
  expect(deribitLive.frame(state('{"maintenance":true}'))).toMatchObject([{ kind: 'move' }]);
  expect(deribitLive.frame(state('{"maintenance":false}'))).toEqual([]);
  expect(deribitLive.frame(state('{"price_index":"btc_usd","locked":false}'))).toEqual([]);
});

test('refusals have the words of the venue; results say nothing; the rest is no frame', () => {
  const error =
    '{"jsonrpc":"2.0","id":3,"error":{"code":13778,"message":"raw_subscriptions_not_available_for_unauthorized","data":{"channel":"book.BTC-X.raw"}}}';
  expect(deribitLive.frame(error)).toEqual([
    {
      ...{ kind: 'refused', market: 'BTC-X' },
      detail:
        '13778: raw_subscriptions_not_available_for_unauthorized {"channel":"book.BTC-X.raw"}',
    },
  ]);
  expect(deribitLive.frame('{"jsonrpc":"2.0","id":1,"result":["book.X.100ms"]}')).toEqual([]);
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '7',
    '{}',
    '{"params":{}}',
    book('"bids":[[]],"asks":[]'),
  ])
    expect(deribitLive.frame(text)).toMatchObject([{ kind: 'bad-line' }]);
});

test('a socket begins with its heartbeat; channels are subscribed in one frame', () => {
  expect(deribitLive.hello?.(1).map((text) => JSON.parse(text) as object)).toMatchObject([
    { id: 1, method: 'public/set_heartbeat', params: { interval: 15 } },
    { method: 'public/subscribe', params: { channels: ['platform_state'] } },
  ]);
  const streams = [deribitLive.book('BTC-PERPETUAL'), ...deribitLive.trades('BTC-PERPETUAL')];
  expect(deribitLive.unsubscribe(streams, 2).map((text) => JSON.parse(text) as object)).toEqual([
    {
      ...{ jsonrpc: '2.0', id: 2, method: 'public/unsubscribe' },
      params: { channels: ['book.BTC-PERPETUAL.100ms', 'trades.BTC-PERPETUAL.100ms'] },
    },
  ]);
});

test('the name of an instrument says which list has it; its finest tick is its grid', () => {
  const query = (market: string | undefined): string =>
    deribitLive.instruments.request(market).path.replace('/api/v2/public/get_instruments?', '');
  expect(
    [
      undefined,
      'BTC-PERPETUAL',
      'ETH_USDC-PERPETUAL',
      'BTC-26MAR21-62000-C',
      'BTC_USDC',
      'BTC-FS-1_PERP',
    ].map(query),
  ).toEqual([
    'currency=any&expired=false',
    'currency=BTC&kind=future&expired=false',
    'currency=USDC&kind=future&expired=false',
    'currency=BTC&kind=option&expired=false',
    'currency=any&kind=spot&expired=false',
    'currency=any&expired=false',
  ]);
  const option =
    '{"instrument_name":"BTC-26MAR21-62000-C","tick_size":5e-4,"tick_size_steps":[{"above_price":0.005,"tick_size":0.0001}],"min_trade_amount":0.1,"contract_size":1,"is_active":true,"base_currency":"BTC","quote_currency":"BTC"}';
  const gone =
    '{"instrument_name":"BTC-1JAN20","tick_size":0.5,"min_trade_amount":10.0,"contract_size":10.0,"is_active":false}';
  expect(deribitLive.instruments.read(`{"jsonrpc":"2.0","result":[${option},${gone},{}]}`)).toEqual(
    [
      {
        ...{ market: 'BTC-26MAR21-62000-C', base: 'BTC', quote: 'BTC' },
        ...{ tickSize: '0.0001', lotSize: '0.1', status: 'open' },
      },
      {
        ...{ market: 'BTC-1JAN20', base: 'BTC', quote: '' },
        ...{ tickSize: '0.5', lotSize: '10', status: 'gone' },
      },
    ],
  );
  expect(deribitLive.instruments.read('<html>')).toMatch(/no list of instruments/);
});

test('V12: the trades of a hole are requested by their numbers', () => {
  const hole = { market: 'BTC-PERPETUAL', from: 7, to: 9, after: 5, isAggregate: false };
  expect(deribitLive.missed.request(hole).path).toBe(
    '/api/v2/public/get_last_trades_by_instrument?instrument_name=BTC-PERPETUAL&start_seq=7&end_seq=9&count=1000&sorting=asc',
  );
  const row =
    '{"trade_seq":7,"timestamp":1616321287195,"price":56273.5,"direction":"sell","amount":1e1}';
  const text = (rows: string): string => `{"result":{"trades":[${rows}],"has_more":false}}`;
  expect(deribitLive.missed.read(text(row), hole)).toMatchObject([
    { id: 7, price: '56273.5', size: '1e1', aggressor: 'sell' },
  ]);
  expect(deribitLive.missed.read(text('{}'), hole)).toMatch(/lacks/);
  expect(deribitLive.missed.read('{"error":{}}', hole)).toMatch(/no list of trades/);
});
