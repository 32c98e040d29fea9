/* H3: a thread that was delayed writes everything that waits for it with its first commit. */
import { expect, test } from 'vitest';

import { TestHistory } from '@tapedeck/db/test/test-history';
import { INSTRUMENT, START, SYMBOL } from '@tapedeck/db/test/test-recording';

import { BatchEncoder } from './batch-encoder.ts';
import { RecorderThread } from './recorder-thread.ts';

const BATCHES = 50;

test('H3: all batches waiting for the thread are in its first commit', async () => {
  const disk = new TestHistory();
  const written: number[] = [];
  const session = { id: 'one', label: 'one', source: 'sim', origin: {} } as const;
  const settings = {
    path: disk.history.path,
    migrationsFolder: undefined,
    retention: undefined,
    session,
  };
  const first = Promise.withResolvers<void>();
  const thread = new RecorderThread(settings, {
    message: (message) => {
      if (message.type !== 'written') return;
      written.push(message.id);
      first.resolve();
    },
    died: (reason) => first.reject(new Error(reason)),
  });
  const encoder = new BatchEncoder();
  for (let id = 1; id <= BATCHES; id++) {
    const eventTime = START + id * 200;
    const trade = { sequence: id, eventTime, priceTicks: 1_000, sizeLots: 1 };
    encoder.trade(0, { ...trade, aggressor: 'buy' });
    const instrument = { type: 'instrument', market: 0, instrument: INSTRUMENT } as const;
    const controls = id === 1 ? [instrument] : [];
    thread.post({ type: 'batch', id, values: encoder.take(), controls });
  }
  await first.promise;
  expect(written).toEqual([BATCHES]);
  await thread.close();
  expect(disk.history.trades.after('one', SYMBOL, 0, 100)).toHaveLength(BATCHES);
  disk.close();
});
