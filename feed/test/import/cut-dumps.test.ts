/*
 * P16: a dump of several sockets with one file cut. What that file carried is a hole from its last message on, even
 * if the other files go on; checksums and numbers cannot reveal what is missing if nothing follows.
 */
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { History } from '@tapedeck/db/history';

import { TestImport } from './test-import.ts';

const START = 1_723_161_255_000;
let rig: TestImport;
let history: History;
beforeEach(() => {
  rig = new TestImport();
  history = rig.history;
});
afterEach(() => rig.close());

/** A dump of two sockets: one carries the book of a market, the other its trades for some minutes longer. */
type Dump = {
  readonly market: string;
  readonly address: string;
  /** Undefined if the whole book comes by REST. */
  readonly whole?: (n: number) => string;
  readonly change: (n: number) => string;
  readonly trade: string;
};
const AT = START / 1_000;
const okx = (channel: string, rest: object): string =>
  JSON.stringify({ arg: { channel, instId: 'BTC-USDT' }, ...rest });
const bitstamp = (channel: string, data: object): string =>
  JSON.stringify({ event: 'data', channel: `${channel}_btcusd`, data });
const DUMPS: Readonly<Record<string, Dump>> = {
  KRAKEN: {
    market: 'XBT/USD@kraken',
    address: 'wss://ws.kraken.com',
    whole: (n) =>
      `[0,{"as":[["110.0","5.0","${AT + n}.0"]],"bs":[["100.0","5.0","${AT + n}.0"]]},"book-10","XBT/USD"]`,
    change: (n) => `[0,{"b":[["99.0","${n}.0","${AT + n}.0"]]},"book-10","XBT/USD"]`,
    trade: `[0,[["101.0","1.0","${AT + 300}.0","b","l",""]],"trade","XBT/USD"]`,
  },
  OKX: {
    market: 'BTC-USDT@okx',
    address: 'wss://ws.okx.com:8443/ws/v5/public',
    whole: (n) =>
      okx('books', {
        action: 'snapshot',
        data: [
          { asks: [['110', '5']], bids: [['100', '5']], ts: `${START + n * 1_000}`, seqId: 10 + n },
        ],
      }),
    change: (n) =>
      okx('books', {
        action: 'update',
        data: [
          {
            asks: [],
            bids: [['99', `${n}`]],
            ts: `${START + n * 1_000}`,
            seqId: 10 + n,
            prevSeqId: 9 + n,
          },
        ],
      }),
    trade: okx('trades', { data: [{ px: '101', sz: '1', side: 'buy', ts: `${START + 300_000}` }] }),
  },
  BITSTAMP: {
    market: 'btcusd@bitstamp',
    address: 'wss://ws.bitstamp.net/',
    change: (n) =>
      bitstamp('diff_order_book', {
        microtimestamp: `${START + n * 1_000}000`,
        bids: [['99', `${n}`]],
        asks: [],
      }),
    trade: bitstamp('live_trades', {
      price_str: '101',
      amount_str: '1',
      type: 0,
      microtimestamp: `${START + 300_000}000`,
    }),
  },
};
/** Bitstamp's whole books come by REST, in a file of their own. */
const restBook = (n: number): string =>
  `https://www.bitstamp.net/api/v2/order_book/btcusd/ -> ${AT + n}.0: ${JSON.stringify({
    microtimestamp: `${START + n * 1_000}000`,
    bids: [['100', '5']],
    asks: [['110', '5']],
  })}`;

describe.each(Object.entries(DUMPS))('P16: a dump of %s of which a file is cut', (name, dump) => {
  const received = (n: number, text: string): string => `${AT + n}.5: ${text}`;
  const changes = [1, 2, 3, 4, 5, 6].map((n) => received(n, dump.change(n)));
  const head = [
    `${dump.address} <-> ${AT}.0`,
    ...(dump.whole === undefined ? [] : [`${AT}.1: ${dump.whole(0)}`]),
  ];
  const rest = (...moments: readonly number[]): readonly string[] =>
    dump.whole === undefined ? [rig.file(`${name}.http.0.0`, moments.map(restBook))] : [];
  const tape = (): string =>
    rig.file(`${name}.ws.2.0`, [head[0] ?? '', received(300, dump.trade), '']);
  /** The last book before the end of the session. */
  const lastOf = (session: string) => history.books.at(dump.market, START + 300_000, session);

  test.each<[string, string, (text: string) => string | Uint8Array]>([
    ['within a line', '', (text) => text.slice(0, -20)],
    ['where it was gzipped', '.gz', (text) => gzipSync(text, { level: 0 }).subarray(0, -40)],
  ])('is a hole after the cut: %s', async (_, ending, cut) => {
    const book = rig.file(`${name}.ws.1.0${ending}`, cut([...head, ...changes, ''].join('\n')));
    const { session } = await rig.of([book, tape(), ...rest(0)]);
    const last = lastOf(session);
    expect(last?.book.eventTime).toBe(START + 5_000);
    expect(last?.gap).toMatchObject({ from: START + 5_000, to: START + 300_001 });
    expect(history.books.at(dump.market, START + 5_000, session)?.gap).toBeUndefined();
  });

  test('is right again from the whole book on, if another file follows', async () => {
    const text = [...head, ...changes, ''].join('\n');
    const book = rig.file(`${name}.ws.1.0.gz`, gzipSync(text, { level: 0 }).subarray(0, -40));
    const whole = dump.whole === undefined ? [] : [received(100, dump.whole(100))];
    const next = [head[0] ?? '', ...whole, received(299, dump.change(299)), ''];
    const chained = next.map((line) => line.replace('"prevSeqId":308', '"prevSeqId":110'));
    const files = [book, tape(), rig.file(`${name}.ws.1.1`, chained), ...rest(0, 100)];
    const { session } = await rig.of(files);
    expect(history.sessions.gaps(session)).toMatchObject([{ from: START + 5_000 }]);
    expect(lastOf(session)).toMatchObject({ book: { eventTime: START + 299_000 } });
    expect(lastOf(session)?.gap).toBeUndefined();
  });

  test('a whole book after the cut is right only for its own moment', async () => {
    const text = [...head, ...changes, ''].join('\n');
    const book = rig.file(`${name}.ws.1.0.gz`, gzipSync(text, { level: 0 }).subarray(0, -40));
    const { session } = await rig.of([book, tape(), ...rest(0, 100)]);
    expect(lastOf(session)?.gap).toMatchObject({ to: START + 300_001 });
  });
});
