/* Zip archives, as Binance's archive offers them: read as they are, or refused with a message, never a zip bomb. */
import { crc32, deflateRawSync } from 'node:zlib';

import { afterEach, beforeEach, expect, test } from 'vitest';
import { ZipFile } from 'yazl';

import { TestImport } from '../../../test/import/test-import.ts';

let rig: TestImport;
beforeEach(() => void (rig = new TestImport()));
afterEach(() => rig.close());

const DAY = 'QZAUSDT-trades-2025-05-12.csv';
const rowOf = (id: number): string =>
  `${id},1.50,2,3.00,17470080${String(id).padStart(2, '0')}000000,True,True`;
const ROWS = [rowOf(10), rowOf(11), rowOf(12)].join('\n');

async function zipOf(entries: Readonly<Record<string, string | Uint8Array>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(entries)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test('the contents of a zip are imported, with their folders, and are the same session as unpacked', async () => {
  const zip = await zipOf({
    [`data/futures/um/daily/trades/QZAUSDT/${DAY}`]: ROWS.replaceAll(',True,True', ',true'),
    '__MACOSX/._x.csv': 'junk',
    [`${DAY}.CHECKSUM`]: 'abc',
  });
  const { symbol, messages } = await rig.of([rig.file('a.zip', zip)]);
  expect({ symbol, trades: messages.trade }).toEqual({ symbol: 'QZAUSDT@binance-usdm', trades: 3 });
  const plain = await rig.of([rig.file(DAY, ROWS)]);
  const packed = await rig.of([rig.file('b.zip', await zipOf({ [DAY]: ROWS }))]);
  expect(packed).toMatchObject({ already: true, session: plain.session });
});

test('a file and its zip in one import count once', async () => {
  const files = [rig.file(DAY, ROWS), rig.file('c.zip', await zipOf({ [`other/${DAY}`]: ROWS }))];
  const { messages, problemCounts } = await rig.of(files);
  expect({ trades: messages.trade, problemCounts }).toEqual({ trades: 3, problemCounts: {} });
});

/** An archive of one entry with damaged fields: `at` counts from the start of its central record. */
function spoilt(zip: Buffer, at: number, value: number, bytes: 2 | 4): Buffer {
  const central = zip.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
  const copy = Buffer.from(zip);
  copy.writeUIntLE(value, central + at, bytes);
  return copy;
}

test('P33b: encrypted, damaged, nested, overlapping and empty archives are refused by name, and nothing is kept', async () => {
  const good = await zipOf({ [DAY]: ROWS });
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [spoilt(good, 8, 1, 2), /a\.zip: .* is encrypted: unpack it/],
    [spoilt(good, 10, 99, 2), /compressed by method 99/],
    [spoilt(good, 16, crc32('other'), 4), /checksum/],
    [spoilt(good, 20, 4_000_000_000, 4), /a\.zip/],
    [await zipOf({ 'inner.zip': good }), /zip within a zip.*unpack/],
    [await zipOf({}), /a\.zip/],
    [good.subarray(0, 60), /a\.zip is a zip that cannot be read/],
  ];
  for (const [content, message] of cases)
    await expect(rig.of([rig.file('a.zip', content)])).rejects.toThrow(message);
  expect(rig.history.sessions.list()).toEqual([]);
});

test('an archive that would unpack to a thousand times its size is refused', async () => {
  const bomb = await zipOf({ [DAY]: Buffer.alloc(80 * 1_024 * 1_024, 10) });
  await expect(rig.of([rig.file('bomb.zip', bomb)])).rejects.toThrow(/was not unpacked/);
});

test('other archives are named with what to do, without any of their bytes', async () => {
  const zstd = Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    deflateRawSync(ROWS),
    Buffer.from('\n'),
  ]);
  await expect(rig.of([rig.file('x.csv.zst', zstd)])).rejects.toThrow(
    /a zstd file.*unpack it first/,
  );
  const noise = Buffer.from([0, 1, 2, 250, 251, 10, 7, 8, 9, 10]);
  await expect(rig.of([rig.file('x.bin', noise)])).rejects.toThrow(
    /known format .* and is not text$/,
  );
});
