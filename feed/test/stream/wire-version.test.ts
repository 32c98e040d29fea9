import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';
import { z } from 'zod';

import { crc32 } from '@tapedeck/market/book/checksum';
import { downSchema } from '@tapedeck/market/wire/down';
import { upSchema } from '@tapedeck/market/wire/up';
import { PROTOCOL_VERSION } from '@tapedeck/market/wire/version';

/**
 * The hash in the protocol's text changes with the wire, and the text with it. If old clients would misread the
 * change, raise the version; always extend its history.
 */
test('the wire schemas match version 1 and the hash in the protocol', () => {
  const text = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
  const shape = JSON.stringify([
    z.toJSONSchema(upSchema, { io: 'input' }),
    z.toJSONSchema(downSchema, { io: 'input' }),
  ]);
  expect(PROTOCOL_VERSION).toBe(1);
  expect(crc32(shape)).toBe(Number(/hash of its schemas is (\d+)/.exec(text)?.[1]));
});
