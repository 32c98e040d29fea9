import { expect, test } from 'vitest';

import { shortJson } from './short-json.ts';

test.each([
  null,
  true,
  -1.5,
  '',
  'a "quoted" line\n',
  [],
  {},
  [1, [2, ['x']], { a: null, 'b c': [{}] }],
  { type: 'subscribe', channels: ['book:BTC-USD@sim:25:100ms'] },
])('a short value is plain JSON: %j', (value) => {
  expect(shortJson(value, 200)).toBe(JSON.stringify(value));
});

test.each([1, 2, 7, 20, 43])('truncated to %i characters it is a prefix of the JSON', (most) => {
  const value = { list: [1, [2, 'some text'], { deep: { deeper: [true, null] } }] };
  expect(shortJson(value, most)).toBe(`${JSON.stringify(value).slice(0, most)}…`);
});

test.each(['[', '{"a":'])('a deeply nested value is truncated: %s', (open) => {
  const close = open === '[' ? ']' : '}';
  const deep: unknown = JSON.parse(`${open.repeat(100_000)}1${close.repeat(100_000)}`);
  expect(shortJson(deep, 80)).toBe(`${open.repeat(80).slice(0, 80)}…`);
});

test('long strings and keys are not read to their end, and no surrogate pair is split', () => {
  expect(shortJson('x'.repeat(1_000_000), 5)).toBe('"xxxx…');
  expect(shortJson({ ['k'.repeat(1_000_000)]: 1 }, 5)).toBe('{"kkk…');
  expect(shortJson(`abc😀`, 5)).toBe('"abc…');
});
