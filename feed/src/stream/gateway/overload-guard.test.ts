import { expect, test } from 'vitest';

import { ManualClock } from '@tapedeck/market/time/clock';

import { OverloadGuard } from './overload-guard.ts';

type Load = { readonly bufferedBytes: number; readonly loopDelayMs: number };
const CALM: Load = { bufferedBytes: 0, loopDelayMs: 5 };

function guarded(): {
  readonly guard: OverloadGuard;
  readonly second: (load: Load) => string | undefined;
  readonly changes: (string | undefined)[];
} {
  const clock = new ManualClock();
  const changes: (string | undefined)[] = [];
  let now = CALM;
  const guard = new OverloadGuard({
    clock,
    loopDelayMs: () => now.loopDelayMs,
    onChange: (refusal) => changes.push(refusal),
  });
  guard.weigh({
    get bufferedBytes() {
      return now.bufferedBytes;
    },
  });
  const second = (load: Load): string | undefined => {
    now = load;
    clock.advance(1_000);
    return guard.refusal;
  };
  return { guard, second, changes };
}

test('too many buffered bytes refuse clients at once, until the first good second', () => {
  const { second, changes } = guarded();
  expect(second(CALM)).toBeUndefined();
  expect(second({ ...CALM, bufferedBytes: 300_000_000 })).toContain('300000000 bytes');
  expect(second({ ...CALM, bufferedBytes: 400_000_000 })).toContain('400000000 bytes');
  expect(second(CALM)).toBeUndefined();
  // Called once when it began and once when it ended.
  expect(changes).toEqual([expect.stringContaining('300000000'), undefined]);
});

test('one late second is only a pause, five in a row are an overload', () => {
  const { second } = guarded();
  const late = { ...CALM, loopDelayMs: 1_900 };
  for (let i = 0; i < 4; i++) expect(second(late)).toBeUndefined();
  expect(second(CALM)).toBeUndefined();
  for (let i = 0; i < 4; i++) expect(second(late)).toBeUndefined();
  expect(second(late)).toContain('1900 ms late');
  expect(second(CALM)).toBeUndefined();
});
