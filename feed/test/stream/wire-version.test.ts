import { expect, test } from 'vitest';
import { z } from 'zod';

import { crc32 } from '../book/checksum.ts';
import { downSchema } from './down.ts';
import { upSchema } from './up.ts';
import { PROTOCOL_VERSION } from './version.ts';

/** Changes with the wire. If old clients would misread the change, raise the version; always extend its history. */
const WIRE_HASH = 642421255;

test('the wire schemas match version 1', () => {
  const shape = JSON.stringify([
    z.toJSONSchema(upSchema, { io: 'input' }),
    z.toJSONSchema(downSchema, { io: 'input' }),
  ]);
  expect(PROTOCOL_VERSION).toBe(1);
  expect(crc32(shape)).toBe(WIRE_HASH);
});
