/* H6: the worker's side of recorded states: in batches, in the next session, and after a kill. */
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';
import { TestHistory } from '@tapedeck/db/test/test-history';
import { INSTRUMENT, START, SYMBOL } from '@tapedeck/db/test/test-recording';
import { ManualClock } from '@tapedeck/market/time/clock';

import { BatchEncoder } from './batch-encoder.ts';
import { BatchWriter } from './batch-writer.ts';
import type { Control } from './recorder-message.ts';

const OTHER = { ...INSTRUMENT, symbol: 'ETH-USD@sim' };
const HALTED = { state: 'halted', reason: 'halt', since: START + 500 } as const;

test('P13: a halt continues in the session that another market’s change of grid begins, and survives a kill', () => {
  const disk = new TestHistory();
  const path = join(disk.folder, 'recorded.db');
  const clock = new ManualClock(START);
  const sessions: string[] = [];
  const session = { id: 'live', label: 'live', source: 'live', origin: {} } as const;
  const settings = { path, migrationsFolder: undefined, session, retention: undefined };
  const writer = new BatchWriter(settings, clock, (message) => {
    if (message.type === 'session') sessions.push(message.session);
    if (message.type === 'failed') throw new Error(message.message);
  });
  const encoder = new BatchEncoder();
  let id = 0;
  const post = (...controls: readonly Control[]): void => {
    writer.batches([{ type: 'batch', id: ++id, values: encoder.take(), controls }]);
    clock.advance(400);
  };
  const book = (eventTime: number) => ({
    sequence: 1,
    eventTime,
    receiveTime: eventTime,
    bids: [[99, 5]] as const,
    asks: [[101, 5]] as const,
  });
  encoder.snapshot(0, book(START));
  encoder.snapshot(1, book(START));
  encoder.state(1, { ...HALTED, time: START + 500, crossedSince: undefined });
  post(
    { type: 'instrument', market: 0, instrument: INSTRUMENT },
    { type: 'instrument', market: 1, instrument: OTHER },
  );
  encoder.snapshot(0, book(START + 2_000));
  post({ type: 'instrument', market: 0, instrument: { ...INSTRUMENT, tickSize: '0.5' } });
  // Not closed: what is committed is what a kill leaves.
  const history = openHistory(path, { readonly: true });
  const [first = '', second = ''] = sessions;
  expect(sessions).toHaveLength(2);
  for (const each of [first, second])
    expect(history.states.before(each, OTHER.symbol, START + 60_000)).toMatchObject(HALTED);
  // The market that changed was ok, and has no row.
  expect(history.states.before(second, SYMBOL, START + 60_000)).toBeUndefined();
  history.close();
  writer.close();
  disk.close();
});
