import { expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';

import { CauseLog } from '../src/storage/cause-log.ts';

test('P34a: a cause is logged once, and then once a minute with its count', () => {
  const clock = new ManualClock();
  const lines: string[] = [];
  const causes = new CauseLog(clock, (text) => lines.push(text));
  for (let second = 0; second <= 121; second++) {
    causes.tell('the disk is full');
    if (second === 30) causes.tell('the file is locked');
    clock.advance(1_000);
  }
  expect(lines).toEqual([
    'the disk is full',
    'the file is locked',
    'the disk is full (60 more times)',
    'the disk is full (60 more times)',
  ]);
});
