/* Kraken WebSocket v2 in recorder dumps: the same parser as live. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { auditSession, holds } from '@tapedeck/db/check/session-audit';
import { krakenChecksum } from '@tapedeck/market/book/venue-checksum';
import { must } from '@tapedeck/market/number/assert';
import { DecimalScale } from '@tapedeck/market/number/decimal';

import { TestImport } from './test-import.ts';

const EXCERPT = fileURLToPath(
  new URL('../../fixtures/kraken-v2-20230730/btcusd.ndjson.gz', import.meta.url),
);
const T = 1_690_731_000;
const CONNECTED = `wss://ws.kraken.com/v2 <-> ${T}.0`;

let rig: TestImport;
beforeEach(() => {
  rig = new TestImport();
});
afterEach(() => rig.close());

function dump(frames: readonly string[]): string {
  const lines = frames.map((text, i) => `${T}.${String(i + 1).padStart(6, '0')}: ${text}`);
  return rig.file('KRAKEN.ws.1.0', [CONNECTED, ...lines]);
}

test('a recorded minute: every checksum holds, although the numbers lost their trailing zeros', async () => {
  const frames = gunzipSync(readFileSync(EXCERPT)).toString().trim().split('\n');
  const { session, symbol, messages, problemCounts } = await rig.of([dump(frames)]);
  expect(symbol).toBe('BTC/USD@kraken');
  expect(messages).toMatchObject({ snapshot: 1, depth: 339, checksumOk: 340 });
  expect(problemCounts).toEqual({});
  expect(auditSession(rig.history, session).every(holds)).toBe(true);
  const { history } = rig;
  const [price, size] = [new DecimalScale('0.1'), new DecimalScale('0.00000001')];
  const end = must(history.sessions.get(session), 'a session').to;
  const { book } = must(history.books.at(symbol, end + 1, session), 'a book');
  const lines = (['bids', 'asks'] as const).flatMap((side) =>
    book[side].map(([p, s]) => `${side[0]} ${price.toPlainText(p)} ${size.toPlainText(s)}`),
  );
  expect(createHash('sha256').update(lines.join('\n')).digest('hex')).toBe(
    'e3e899999c0d020c52ec1d928e69b748c275d39d3428d2a78c84067454e3e0d9',
  );
});

test('a lost change shows in the next checksum', async () => {
  const frames = gunzipSync(readFileSync(EXCERPT)).toString().trim().split('\n');
  const { messages, problemCounts } = await rig.of([dump(frames.filter((_, i) => i !== 40))]);
  expect(problemCounts).toEqual({ checksum: 1 });
  expect(messages.checksumOk).toBe(40);
});

test('a short book of a deeper subscription is not cut at ten levels', async () => {
  const bids = [9, 8, 7, 6, 5, 4, 3, 2].map((price) => [`${price}.0`, '1.0'] as const);
  const more = [10, 11, 12, 13].map((price) => [`${price}.0`, '1.0'] as const);
  const asks = [['99.0', '1.0']] as const;
  const text = (type: string, changed: typeof bids, all: typeof bids, at: number): string => {
    const row = ([price, qty]: readonly [string, string]): string =>
      `{"price":${price},"qty":${qty}}`;
    return `{"channel":"book","type":"${type}","data":[{"symbol":"BTC/USD","bids":[${changed.map(row).join()}],"asks":[${asks.map(row).join()}],"checksum":${krakenChecksum(asks, all)},"timestamp":"2023-07-30T15:30:0${at}.5Z"}]}`;
  };
  const { session, symbol, messages } = await rig.of([
    dump([
      '{"method":"subscribe","result":{"channel":"book","depth":25,"snapshot":true,"symbol":"BTC/USD"},"success":true}',
      text('snapshot', bids, bids, 1),
      text('update', more, [...more.toReversed(), ...bids], 2),
    ]),
  ]);
  expect(messages.checksumOk).toBe(2);
  const end = must(rig.history.sessions.get(session), 'a session').to;
  expect(rig.history.books.at(symbol, end + 1, session)?.book.bids).toHaveLength(12);
});

test('instruments, acknowledgements and tickers are no unknown lines', async () => {
  const frames = gunzipSync(readFileSync(EXCERPT)).toString().trim().split('\n').slice(0, 3);
  const { messages, problemCounts } = await rig.of([
    dump([
      '{"channel":"status","type":"update","data":[{"system":"online"}]}',
      '{"channel":"instrument","type":"snapshot","data":{"assets":[],"pairs":[]}}',
      '{"method":"subscribe","result":{"channel":"book","symbol":"BTC/USD"},"success":true}',
      '{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":1.5,"ask":2.0}]}',
      '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":612.70,"qty":0.1,"ord_type":"market","trade_id":41,"timestamp":"2023-07-30T15:30:00.1Z"}]}',
      ...frames,
    ]),
  ]);
  expect(messages).toMatchObject({ bookTicker: 1, trade: 1, snapshot: 1, depth: 2 });
  expect(problemCounts).toEqual({});
});
