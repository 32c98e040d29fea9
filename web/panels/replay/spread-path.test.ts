import { expect, test } from 'vitest';

import { spreadPath } from './spread-path.ts';

test('the widest spread is at the top, a gap breaks the curve', () => {
  expect(spreadPath([4, null, 1, 4])).toBe('M12.50 4.00M62.50 12.00L87.50 4.00');
});

test('one value, or no spread above zero, gives no curve', () => {
  expect(spreadPath([5, null])).toBe('');
  expect(spreadPath([0, 0, 0])).toBe('');
  expect(spreadPath([])).toBe('');
});
