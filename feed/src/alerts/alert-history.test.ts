import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { openHistory } from '@tapedeck/db/history';

import { TestAlertEngine, LEVEL } from './test-alert-engine.ts';

test('rules and their log outlive the feed in a real history', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-alerts-'));
  try {
    const before = openHistory(join(folder, 'history.db'));
    const first = new TestAlertEngine(before.alerts);
    const fired = first.rule({ kind: 'crosses', priceTicks: LEVEL, note: 'the round one' });
    const age = first.rule({ kind: 'feed-age', ageMs: 5_000, repeat: 'every' });
    const gone = first.rule({ kind: 'at-most', priceTicks: LEVEL - 900 });
    first.trades(LEVEL - 1, LEVEL + 1);
    first.engine.patch(age.id, { ageMs: 6_000 });
    first.engine.remove(gone.id);
    const rules = first.engine.list();
    before.close();

    const after = openHistory(join(folder, 'history.db'));
    expect(new TestAlertEngine(after.alerts).engine.list()).toEqual(rules);
    expect(rules).toMatchObject([
      { id: fired.id, enabled: false, state: 'firing', note: 'the round one' },
      { id: age.id, enabled: true, ageMs: 6_000 },
    ]);
    after.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
