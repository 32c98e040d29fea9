import { expect, test } from 'vitest';
import { z } from 'zod';

import { Random } from '../number/random.ts';
import { decodeDown } from './codec/codec.ts';
import { readDownFrame } from './down-frame.ts';
import { downSchema } from './down.ts';
import { sampleOf } from './test-sample.ts';

/** Messages of every type, with every optional field, as its schema describes them. */
const random = new Random(20_261_119);
const MESSAGES = downSchema.options.flatMap((option) => {
  const shape = z.toJSONSchema(option, { io: 'input' });
  return Array.from({ length: 5 }, () => sampleOf(shape, random));
});

test('the schemas accept the samples, which have every field', () => {
  for (const message of MESSAGES) expect(downSchema.parse(message)).toEqual(message);
});

test('frames decode the same with and without the schema library', () => {
  const frame = MESSAGES.map((message) => JSON.stringify(message)).join('\n');
  expect(readDownFrame(frame)).toEqual(decodeDown(frame));
  expect(readDownFrame(`${frame}\n{"type":"of-tomorrow"}\n\n`)).toEqual(decodeDown(frame));
});

const ODD: readonly unknown[] = [
  null,
  true,
  '',
  'x',
  'max',
  '1',
  -1,
  0,
  0.05,
  0.5,
  1.5,
  1_001,
  2 ** 32,
  2 ** 53,
  [],
  [1],
  [1, 2],
  [[1, -2]],
  [[1.5, 2]],
  [[1, 2, 3]],
  {},
  { 1: 'x' },
  { a: 1 },
  'e'.repeat(41),
];

/** The value with one part, at any depth, replaced, removed or added. */
function mangle(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.2)) return random.pick(ODD);
  const copy = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  const keys = Object.keys(copy);
  const key = keys.length === 0 || random.chance(0.05) ? 'extra' : random.pick(keys);
  if (key === 'type') return copy;
  if (random.chance(0.15) && !Array.isArray(copy)) delete copy[key];
  else copy[key] = mangle(copy[key], random);
  return copy;
}

test('both decoders accept and reject the same mangled messages', () => {
  const seed = 20_261_120;
  const random = new Random(seed);
  let accepted = 0;
  for (let run = 0; run < 20_000; run++) {
    const mangled = mangle(random.pick(MESSAGES), random);
    const text = JSON.stringify(mangled);
    const outcome = (read: (frame: string) => unknown): string => {
      try {
        read(text);
        return 'accepted';
      } catch {
        return 'refused';
      }
    };
    const lean = outcome(readDownFrame);
    if (lean === 'accepted') accepted++;
    expect(lean, `seed ${seed} run ${run}: ${text}`).toBe(outcome(decodeDown));
  }
  expect(accepted).toBeGreaterThan(1_000);
});

test('text that is not JSON is refused', () => {
  expect(() => readDownFrame('{"type":"pong","now":1}\n{"type"')).toThrow('not JSON');
});
