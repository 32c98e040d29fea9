/* Coinbase Advanced Trade in recorder dumps: one counter over all frames of a connection. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { FIXTURES } from './test-fixtures.ts';
import { TestImport } from './test-import.ts';

const T = 1_759_330_800;

let rig: TestImport;
beforeEach(() => {
  rig = new TestImport();
});
afterEach(() => rig.close());

function line(at: number, number: number, channel: string, event: unknown): string {
  const timestamp = new Date((T + at) * 1_000).toISOString();
  const frame = { channel, client_id: '', timestamp, sequence_num: number, events: [event] };
  return `${T + at}.1: ${JSON.stringify(frame)}`;
}

function book(at: number, number: number, product_id: string, size: string, type = 'update') {
  const bid = { side: 'bid', price_level: '45.10', new_quantity: size };
  const offer = { side: 'offer', price_level: '45.20', new_quantity: '2' };
  return line(at, number, 'l2_data', { type, product_id, updates: [bid, offer] });
}

const CONNECTED = `wss://advanced-trade-ws.coinbase.com <-> ${T}.0`;

/** Two markets on one connection, and a third on another. */
function dump(lost: number | undefined): readonly string[] {
  const one = [
    book(1, 0, 'A-USD', '1', 'snapshot'),
    book(1, 1, 'B-USD', '1', 'snapshot'),
    book(2, 2, 'A-USD', '2'),
    line(3, 3, 'heartbeats', { heartbeat_counter: 1 }),
    book(4, 4, 'B-USD', '3'),
    book(9, 5, 'A-USD', '4', 'snapshot'),
    book(9, 6, 'B-USD', '4', 'snapshot'),
  ].filter((_, i) => i !== lost);
  const other = [book(1, 0, 'C-USD', '1', 'snapshot'), book(4, 1, 'C-USD', '2')];
  return [
    rig.file('COINBASE.ws.1.0', [CONNECTED, ...one]),
    rig.file('COINBASE.ws.2.0', [CONNECTED, ...other, book(9, 2, 'C-USD', '5')]),
  ];
}

test.each([2, 3])(
  'without frame %i both books of its connection are unknown until their next snapshot, the other is not',
  async (lost) => {
    const { session, problemCounts } = await rig.of(dump(lost));
    // The fresh snapshots of both, and the missing frame.
    expect(problemCounts).toEqual({ 'book-gap': 2 });
    const gaps = (name: string) => rig.history.sessions.gaps(session, `${name}-USD@coinbase`);
    const to = (T + 9) * 1_000;
    expect(gaps('A')).toMatchObject([{ from: (T + (lost === 2 ? 1 : 2)) * 1_000, to }]);
    expect(gaps('B')).toMatchObject([{ from: (T + 1) * 1_000, to }]);
    expect(gaps('C')).toEqual([]);
  },
);

test('a new connection counts by itself', async () => {
  const files = [
    rig.file('COINBASE.ws.1.0', [
      ...[CONNECTED, book(1, 7, 'A-USD', '1', 'snapshot'), book(2, 8, 'A-USD', '2')],
      ...[CONNECTED.replace('00.0', '03.0'), book(4, 0, 'A-USD', '2', 'snapshot')],
      book(5, 1, 'A-USD', '3'),
    ]),
  ];
  const { session, messages, problemCounts } = await rig.of(files);
  expect(messages).toMatchObject({ snapshot: 2, depth: 2 });
  expect(problemCounts).toEqual({});
  expect(rig.history.sessions.gaps(session, 'A-USD@coinbase')).toEqual([]);
});

const TAIL = join(FIXTURES, 'venues/coinbase/fastmm.advanced_tail.jsonl');

test.skipIf(!existsSync(TAIL))('recorded frames of two channels and two products', async () => {
  const frames = readFileSync(TAIL, 'utf8').trim().split('\n');
  const { messages, problemCounts } = await rig.of([
    rig.file('COINBASE.ws.1.0', [CONNECTED, ...frames.map((text, i) => `${T}.${i + 1}: ${text}`)]),
  ]);
  expect(messages).toMatchObject({ trade: 2, depth: 1 });
  expect(problemCounts).toEqual({ 'no-snapshot': 1 });
});
