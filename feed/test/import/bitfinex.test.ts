/*
 * Bitfinex in recorder dumps, without its numbers and checksums (as recorded in 2018) and with them. The recording is
 * read from TAPEDECK_FIXTURES (default ../shared/data), and visibly skipped if that is absent.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { auditSession, holds } from '@tapedeck/db/check/session-audit';
import { bitfinexChecksum } from '@tapedeck/market/book/venue-checksum';
import { must } from '@tapedeck/market/number/assert';
import { DecimalScale } from '@tapedeck/market/number/decimal';

import { FIXTURES } from './test-fixtures.ts';
import { TestImport } from './test-import.ts';

const T = 1_542_045_948;
const CONNECTED = `wss://api-pub.bitfinex.com/ws/2 <-> ${T}.0`;

let rig: TestImport;
beforeEach(() => {
  rig = new TestImport();
});
afterEach(() => rig.close());

/** A hundred frames a second. */
function dump(frames: readonly string[]): string {
  const lines = frames.map(
    (text, i) => `${T + 1 + Math.floor(i / 100)}.${String(i % 100).padStart(2, '0')}: ${text}`,
  );
  return rig.file('BITFINEX.ws.1.0', [CONNECTED, ...lines]);
}

function hashAtEnd(session: string, symbol: string): string {
  const { history } = rig;
  const { tickSize, lotSize } = must(history.instruments.get(symbol), 'an instrument');
  const [price, size] = [new DecimalScale(tickSize), new DecimalScale(lotSize)];
  const { to } = must(history.sessions.get(session), 'a session');
  const { book } = must(history.books.at(symbol, to + 1, session), 'a book');
  const lines = (['bids', 'asks'] as const).flatMap((side) =>
    book[side].map(([p, s]) => `${side[0]} ${price.toPlainText(p)} ${size.toPlainText(s)}`),
  );
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

const RECORDING = join(FIXTURES, 'venues/bitfinex/bitfinex_raw_2018-11-12.first12000.ndjson.gz');

test.skipIf(!existsSync(RECORDING))(
  '12,000 recorded frames give the book of an independent program',
  { timeout: 60_000 },
  async () => {
    const frames = gunzipSync(readFileSync(RECORDING)).toString().trim().split('\n');
    expect(frames).toHaveLength(12_000);
    const { session, symbol, messages, problemCounts } = await rig.of([dump(frames)]);
    expect(symbol).toBe('tBTCUSD@bitfinex');
    // Each trade once, though `te` and `tu` both tell it.
    expect(messages).toMatchObject({ snapshot: 1, depth: 11_861, trade: 31 });
    expect(problemCounts).toEqual({});
    const audits = auditSession(rig.history, session);
    expect(audits.map(({ crossed, gaps }) => [crossed, gaps])).toEqual([[0, 0]]);
    expect(audits.every(holds)).toBe(true);
    expect(hashAtEnd(session, symbol)).toBe(
      '8e0d912f60f7986aa3f2032c0869a1170eb28fe656ed5f53a1e13e16aa93ce0d',
    );
  },
);

const BIDS = [
  ['100', '0.5'],
  ['99', '0.00000001'],
] as const;
const ASKS = [['101', '2']] as const;
const SUM = bitfinexChecksum(ASKS, BIDS);
const FRAMES = [
  '{"event":"info","version":2,"platform":{"status":1}}',
  '{"event":"conf","status":"OK","flags":196608}',
  '{"event":"subscribed","channel":"book","chanId":7,"symbol":"tBTCUSD","len":"25"}',
  '[7,[[100,1,0.25],[101,1,-2]],1]',
  '{"event":"subscribed","channel":"trades","chanId":8,"symbol":"tBTCUSD"}',
  '[8,[[3,1542045940000,1,100]],2]',
  '[7,[100,2,0.5],3]',
  '[8,"hb",4]',
  '[7,[99,1,1e-8],5]',
  `[7,"cs",${SUM},6]`,
  '[8,"te",[5,1542045950000,-0.5,99.5],7]',
  '[8,"tu",[5,1542045950000,-0.5,99.5],8]',
];

test('a checksum audits the best 25 levels; the book before the recording has no trades in it', async () => {
  const { messages, problemCounts } = await rig.of([dump(FRAMES)]);
  expect(messages).toMatchObject({ checksumOk: 1, trade: 1 });
  expect(problemCounts).toEqual({});
});

test.each([
  ['a change', 6, { 'book-gap': 1 }],
  ['a heartbeat', 7, { 'book-gap': 1 }],
  ['a repeated trade', 11, {}],
])(
  'without %s the books of the socket are unknown if a frame follows',
  async (_, lost, problems) => {
    const frames = FRAMES.filter((__, i) => i !== lost);
    const { problemCounts } = await rig.of([dump(frames)]);
    expect(problemCounts).toEqual(problems);
  },
);

test('a wrong checksum is a hole', async () => {
  const frames = FRAMES.map((text) => text.replace(String(SUM), String(SUM ^ 1)));
  const { messages, problemCounts } = await rig.of([dump(frames)]);
  expect(problemCounts).toEqual({ checksum: 1 });
  expect(messages.checksumFailed).toBe(1);
});
