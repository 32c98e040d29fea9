import { expect, test } from 'vitest';

import { sessionNames } from './session-names.ts';

const AT = Date.UTC(2024, 7, 8, 14, 3, 22);
const session = (id: string, label: string, from: number) => ({ id, label, from });
const names = (...list: ReturnType<typeof session>[]) => [...sessionNames(list, 'utc').values()];

test('sessions with the same label are distinguished by their start, as briefly as possible', () => {
  expect(names(session('a', 'Simulated, normal', AT), session('b', 'ETHUSDT@binance', AT))).toEqual(
    ['Simulated, normal', 'ETHUSDT@binance'],
  );
  expect(names(session('a', 'Simulated', AT), session('b', 'Simulated', AT + 60_000))).toEqual([
    'Simulated · 14:03',
    'Simulated · 14:04',
  ]);
  expect(names(session('a', 'Simulated', AT), session('b', 'Simulated', AT + 1_000))).toEqual([
    'Simulated · 14:03:22',
    'Simulated · 14:03:23',
  ]);
  expect(names(session('a', 'Simulated', AT), session('b', 'Simulated', AT + 86_400_000))).toEqual([
    'Simulated · 2024-08-08 14:03:22',
    'Simulated · 2024-08-09 14:03:22',
  ]);
  expect(names(session('a', '', AT), session('s-1', 'x', AT), session('s-2', 'x', AT))).toEqual([
    'a',
    'x · s-1',
    'x · s-2',
  ]);
});
