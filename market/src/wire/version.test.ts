import { expect, test } from 'vitest';
import { z } from 'zod';

import { crc32 } from '../book/checksum.ts';
import { downSchema } from './down.ts';
import { upSchema } from './up.ts';
import { PROTOCOL_VERSION } from './version.ts';

/** Changing the wire changes this. If old clients would misread it, raise the version; always add to its history. */
const WIRE_HASH = 642421255;

test('the wire is what version 1 says', () => {
  const shape = JSON.stringify([
    z.toJSONSchema(upSchema, { io: 'input' }),
    z.toJSONSchema(downSchema, { io: 'input' }),
  ]);
  expect(PROTOCOL_VERSION).toBe(1);
  expect(crc32(shape)).toBe(WIRE_HASH);
});
