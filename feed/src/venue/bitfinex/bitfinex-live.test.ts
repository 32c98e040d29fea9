import { expect, test } from 'vitest';

import { bitfinexChecksum } from '@tapedeck/market/book/venue-checksum';
import { must } from '@tapedeck/market/number/assert';

import type { LiveSocket } from '../live-venue.ts';
import { bitfinexLive } from './bitfinex-live.ts';

const BOOK = bitfinexLive.book('tBTCUSD');
const [TRADES] = bitfinexLive.trades('tBTCUSD');
const AT = 1_700_000_000_000;

function socket(): LiveSocket {
  const made = must(bitfinexLive.socket?.(), 'a socket');
  made.frame('{"event":"subscribed","channel":"book","chanId":7,"symbol":"tBTCUSD"}', AT);
  made.frame('{"event":"subscribed","channel":"trades","chanId":8,"symbol":"tBTCUSD"}', AT);
  return made;
}

const kindsOf = (from: LiveSocket, text: string): readonly string[] =>
  from.frame(text, AT).map(({ kind }) => kind);

test('numbers and checksums are switched on first; a subscription is ended by its number', () => {
  expect(bitfinexLive.hello?.(1)).toEqual(['{"event":"conf","flags":196608}']);
  const one = socket();
  expect(one.subscribe([BOOK, TRADES], 1).map((text) => JSON.parse(text) as unknown)).toEqual([
    { event: 'subscribe', channel: 'book', symbol: 'tBTCUSD', prec: 'P0', freq: 'F0', len: '25' },
    { event: 'subscribe', channel: 'trades', symbol: 'tBTCUSD' },
  ]);
  expect(one.unsubscribe([BOOK], 2)).toEqual(['{"event":"unsubscribe","chanId":7}']);
  // What is still on its way belongs to the old subscription.
  expect(kindsOf(one, '[7,[100,1,1],1]')).toEqual([]);
  expect(one.unsubscribe([BOOK], 3)).toEqual([]);
});

test('V5: levels keep their text; the sign is the side, a count of 0 removes', () => {
  const event = { eventTime: AT, bids: [['6443.1', '1e-8']], asks: [] };
  expect(socket().frame('[7,[6443.1,2,1e-8],1]', AT)).toMatchObject([{ market: 'tBTCUSD', event }]);
  expect(socket().frame('[7,[6443.10,1,-1.5e-7]]', AT)).toMatchObject([
    { event: { bids: [], asks: [['6443.10', '1.5e-7']] } },
  ]);
  expect(socket().frame('[7,[6443,0,-1]]', AT)).toMatchObject([
    { event: { asks: [['6443', '0']] } },
  ]);
  expect(socket().frame('[7,[[1,1,2],[3,1,-4]],1]', AT)).toMatchObject([
    { event: { type: 'snapshot', bids: [['1', '2']], asks: [['3', '4']] } },
  ]);
  expect(socket().frame('[7,[],1]', AT)).toMatchObject([{ event: { type: 'snapshot', bids: [] } }]);
  expect(socket().frame('[7,"cs",-12,1]', AT)).toMatchObject([{ event: { checksum: -12 } }]);
});

test('a missing number is a hole, whatever channel it was of; without numbers there is none', () => {
  const one = socket();
  expect(kindsOf(one, '[7,[1,1,1],1]')).toEqual(['event']);
  expect(kindsOf(one, '[8,"hb",2]')).toEqual([]);
  expect(kindsOf(one, '[7,[1,1,1],1]')).toEqual([]);
  expect(kindsOf(one, '[9,[5],3]')).toEqual([]);
  expect(kindsOf(one, '[7,[1,1,1],5]')).toEqual(['hole', 'event']);
  expect(kindsOf(one, '[7,[1,1],6]')).toEqual(['bad-line']);
  expect(kindsOf(one, '[7,[1,1,1],7,1700000000000]')).toEqual(['hole', 'event']);
  const plain = socket();
  for (const text of ['[7,[1,1,1]]', '[7,[1,1,2]]'])
    expect(kindsOf(plain, text)).toEqual(['event']);
  expect(kindsOf(plain, '[7,"hb"]')).toEqual([]);
});

test('te and tu are one trade; those of a subscription are of before, oldest first', () => {
  const one = socket();
  const trade = { key: '5', price: '6443.06516425', size: '1e-8', aggressor: 'sell' };
  expect(one.frame('[8,"te",[5,1542045950000,-1e-8,6443.06516425],1]', AT)).toMatchObject([
    { event: { ...trade, id: undefined, eventTime: 1_542_045_950_000 } },
  ]);
  expect(one.frame('[8,"tu",[5,1542045950000,-1e-8,6443.06516425],2]', AT)).toEqual([]);
  expect(one.frame('[8,[[7,1542045950002,1,2],[6,1542045950001,1,2]],3]', AT)).toMatchObject([
    { event: { key: '6', isPast: true } },
    { event: { key: '7', isPast: true, aggressor: 'buy' } },
  ]);
});

test('V11: notices, refusals and garbage', () => {
  const one = socket();
  expect(kindsOf(one, '{"event":"info","version":2,"platform":{"status":1}}')).toEqual([]);
  for (const code of [20_051, 20_060, 20_061])
    expect(kindsOf(one, `{"event":"info","code":${code},"msg":"x"}`)).toEqual(['move']);
  const refusal =
    '{"event":"error","msg":"symbol: invalid","code":10300,"channel":"book","symbol":"tNO"}';
  expect(one.frame(refusal, AT)).toEqual([
    { kind: 'refused', market: 'tNO', detail: '10300: symbol: invalid' },
  ]);
  expect(kindsOf(one, '{"event":"error","msg":"subscribe: dup","code":10301}')).toEqual([]);
  for (const text of ['', '{', '[]', 'null', '7', '{}', '[7]', '<html>'])
    expect(kindsOf(one, text)).toEqual(['bad-line']);
});

test('pairs name their coins; missed trades come oldest first', () => {
  const { instruments, missed } = bitfinexLive;
  const pairs = '[[["BTCUSD",[null,null,null,"0.00006","2000.0"]],["LINK:USD",[null]]]]';
  expect(instruments.read(pairs)).toMatchObject([
    { market: 'tBTCUSD', base: 'BTC', quote: 'USD' },
    { market: 'tLINK:USD', base: 'LINK', quote: 'USD' },
  ]);
  const hole = { market: 'tBTCUSD', from: 0, to: 0, after: AT, isAggregate: false };
  expect(missed.request(hole).path).toBe(`/v2/trades/tBTCUSD/hist?limit=1000&start=${AT}&sort=1`);
  const rows = '[[12,1700000000002,-0.5,99],[11,1700000000001,1,100]]';
  expect(missed.read(rows, hole)).toMatchObject([{ key: '11' }, { key: '12', aggressor: 'sell' }]);
  for (const text of ['<html>', '{}', 'null', '[[1]]']) {
    expect(missed.read(text, hole)).toEqual(expect.any(String));
    if (text !== '[[1]]') expect(instruments.read(text)).toEqual(expect.any(String));
  }
});

test('the checksum is over numbers as JavaScript prints them', () => {
  const asks = [['6443.10', '13.67099184']] as const;
  const bids = [['6443', '0.00000001']] as const;
  // crc32('6443:1e-8:6443.1:-13.67099184'), signed.
  expect(bitfinexChecksum(asks, bids)).toBe(-1048866596);
});
