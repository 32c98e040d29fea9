import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';

import { SystemClock } from '../system-clock.ts';
import { simulatorWithHistory } from './backfilled-history.ts';

test('a market that changes its tick size fills an empty history too (P13)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-before-'));
  const history = openHistory(join(folder, 'history.db'));
  try {
    const clock = new SystemClock();
    const now = clock.now();
    simulatorWithHistory(history, { seed: 7, scenario: 'tick-size-change', speed: 1, clock });
    const candles = history.candles.range({ symbol: 'BTC-USD@sim', interval: '1m', limit: 5 });
    expect(candles).toHaveLength(5);
    expect(now - (candles.at(-1)?.openTime ?? 0)).toBeLessThan(180_000);
  } finally {
    history.close();
    rmSync(folder, { recursive: true });
  }
});
