import { expect, test } from 'vitest';

import { watermarkOf } from './watermark.ts';

test('the chart of a replay says REPLAY in every state of its recording', () => {
  expect(watermarkOf('replay', true)[0]).toBe('REPLAY');
  expect(watermarkOf('stale', true)).toEqual(['REPLAY \u00b7 STALE', '--replay']);
  expect(watermarkOf('halted', true)[0]).toBe('REPLAY \u00b7 HALTED');
  expect(watermarkOf('resyncing', true)[0]).toBe('REPLAY');
  expect(watermarkOf('halted', false)[0]).toBe('HALTED');
  expect(watermarkOf('live', false)[0]).toBeUndefined();
});
