import { expect, test } from 'vitest';

import { moveCell } from './impact-words.ts';

const impact = {
  symbol: 'BTC-USD@sim',
  before: 100,
  noiseBp: 8,
  moves: {
    '1s': { state: 'ok', ticks: 5, bp: 7.94 },
    '10s': { state: 'ok', ticks: -20, bp: -20.4 },
    '1m': { state: 'pending' },
    '5m': { state: 'gap' },
  },
} as const;

test('a move has its sign; it is loud only beyond the range of the minute before', () => {
  expect(moveCell(impact, '1s')).toMatchObject({ text: '+7.9', direction: 1, isLoud: false });
  expect(moveCell(impact, '10s')).toMatchObject({ text: '−20', direction: -1, isLoud: true });
});

test('not known yet, never known and no move are three different texts', () => {
  expect(moveCell(impact, '1m').text).toBe('…');
  expect(moveCell(impact, '5m').text).toBe('gap');
  const still = { ...impact, moves: { ...impact.moves, '1s': { state: 'ok', ticks: 0, bp: 0 } } };
  expect(moveCell(still as typeof impact, '1s')).toMatchObject({ text: '0.0', direction: 0 });
});
