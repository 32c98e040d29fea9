/* A few kilobytes of gzip can contain gigabytes of empty lines: reading them is bounded, and can be cancelled. */
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { readChunks } from '../../src/import/read/line-source.ts';
import { fileSource } from '../../src/import/read/recording-source.ts';
import { TestImport } from './test-import.ts';

/** Many times what is read of them. */
const BLANK = Buffer.alloc(32 * 1024 * 1024, '\n');
const LINE = '2024-08-08T00:00:00Z,1,2,buy\n';

let imports: TestImport;
beforeEach(() => (imports = new TestImport()));
afterEach(() => imports.close());

test.each([
  ['from the beginning', gzipSync(BLANK)],
  ['with returns', gzipSync(Buffer.alloc(BLANK.length, '\r\n'))],
  ['after a line', gzipSync(Buffer.concat([Buffer.from(LINE), BLANK, Buffer.from(LINE)]))],
])('of empty lines %s no more than 3 MiB are read', async (_, bytes) => {
  const path = imports.file('blank.csv.gz', bytes);
  let read = 0;
  let damage = '';
  for await (const chunk of readChunks(await fileSource(path))) {
    read += chunk.bytes.length;
    damage = chunk.damage?.detail ?? '';
  }
  expect(read).toBeLessThan(3 * 1024 * 1024);
  expect(damage).toBe('1048576 bytes of empty lines in a row');
});

test('empty lines between others are no problem, however many there are', async () => {
  const lines = Buffer.from(`${LINE}${'\n'.repeat(1024 * 1000)}`.repeat(6));
  let read = 0;
  const source = await fileSource(imports.file('gaps.csv.gz', gzipSync(lines)));
  for await (const { bytes, damage } of readChunks(source)) {
    read += bytes.length;
    expect(damage).toBeUndefined();
  }
  expect(read).toBe(lines.length);
});

test('H5: an import of nothing but empty lines is refused with a message', async () => {
  const file = imports.file('blank.csv.gz', gzipSync(BLANK));
  await expect(imports.of([file])).rejects.toThrow(/blank\.csv\.gz.*empty lines in a row/);
});

test('P33a: an import can be cancelled while its files are still being sampled', async () => {
  const file = imports.file('slow.csv', LINE.repeat(100));
  const signal = AbortSignal.abort(new Error('cancelled'));
  await expect(imports.of([file], { signal })).rejects.toThrow('cancelled');
});
