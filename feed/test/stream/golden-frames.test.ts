/* The frames printed in the protocol are those of the file next to it, and the code's. */
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { readBinaryFrame } from '@tapedeck/market/wire/binary/binary-decoder';
import { encodeBinary, joinBinary } from '@tapedeck/market/wire/binary/binary-encoder';
import { decodeDown } from '@tapedeck/market/wire/codec/codec';
import type { DownMessage } from '@tapedeck/market/wire/down';

type GoldenFrame = {
  readonly name: string;
  readonly hex: string;
  readonly messages: readonly DownMessage[];
};

const read = (name: string): string =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const GOLDEN = JSON.parse(read('golden-frames.json')) as readonly GoldenFrame[];
const PROTOCOL = read('protocol.md');

test('the protocol contains every golden frame', () => {
  expect(GOLDEN.length).toBeGreaterThan(5);
  for (const { hex, name } of GOLDEN) expect(PROTOCOL.split(/\s/), name).toContain(hex);
});

test.each(GOLDEN)('golden frame: $name', ({ hex, messages }) => {
  const text = messages.map((message) => JSON.stringify(message)).join('\n');
  expect(decodeDown(text)).toEqual(messages);
  expect(readBinaryFrame(Buffer.from(hex, 'hex'))).toEqual(messages);
  expect(Buffer.from(joinBinary(messages.map(encodeBinary))).toString('hex')).toBe(hex);
});
