import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { must } from '@tapedeck/market/number/assert';

import { receiveFiles, type UploadLimits } from './uploaded-files.ts';

const LIMITS: UploadLimits = { bytes: 100_000, files: 3 };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-upload-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

type Body = { readonly body: ReadableStream<Uint8Array>; readonly contentType: string };

function formOf(files: readonly (readonly [name: string, size: number])[]): Body {
  const form = new FormData();
  for (const [name, size] of files) form.append('file', new Blob(['x'.repeat(size)]), name);
  const response = new Response(form);
  return {
    body: must(response.body, 'a body'),
    contentType: must(response.headers.get('content-type'), 'a type'),
  };
}

function receive(of: Body, signal = new AbortController().signal, seen: number[] = []) {
  const onBytes = (bytes: number): void => void seen.push(bytes);
  return receiveFiles({ ...of, name: undefined, folder, limits: LIMITS, signal, onBytes });
}

test('files of a form are complete, in order, and reported as they arrive', async () => {
  const seen: number[] = [];
  const files = await receive(
    formOf([
      ['a.csv', 40_000],
      ['b.csv', 7],
    ]),
    undefined,
    seen,
  );
  expect(files.map(({ name, bytes }) => [name, bytes])).toEqual([
    ['a.csv', 40_000],
    ['b.csv', 7],
  ]);
  expect(files.map(({ path }) => readFileSync(path, 'utf8').length)).toEqual([40_000, 7]);
  expect(seen.at(-1)).toBeGreaterThan(40_007);
});

test.each([
  ['../../up.csv', 'up.csv'],
  ['C:\\temp\\night.gz', 'night.gz'],
  ['.hidden', 'hidden'],
  ['a\u0000b\n.csv', /^a.*b.*\.csv$/],
  ['KRAKEN.ws.1.0', 'KRAKEN.ws.1.0'],
  ['Ночь 1.csv', 'Ночь 1.csv'],
  [`${'n'.repeat(400)}.csv.gz`, /^n{113}\.csv\.gz$/],
  [`${'ш'.repeat(300)}.csv`, /^ш{116}\.csv$/],
  [`${'币'.repeat(300)}.csv`, /^币{78}\.csv$/],
  [`${'𝛼'.repeat(300)}.csv.gz`, /^𝛼{58}\.csv\.gz$/u],
])('the name %j stays in its folder', async (given, kept) => {
  const [file] = await receive(formOf([[given, 5]]));
  expect(file?.name).toMatch(kept);
  expect(readdirSync(folder)).toEqual([file?.name]);
});

test.each([
  ['night/book.csv', 'night/book.csv'],
  ['night\\um\\book.csv', 'night/um/book.csv'],
  ['./night/.//book.csv', 'night/book.csv'],
  ['/etc/night/book.csv', 'book.csv'],
  ['night/../../../book.csv', 'book.csv'],
  ['night/..\\..\\book.csv', 'book.csv'],
  ['C:night/book.csv', 'book.csv'],
  ['.ssh/... /book.csv', 'ssh/book.csv'],
  [`${'a/'.repeat(3_000)}book.csv`, `${'a/'.repeat(8)}book.csv`],
])('of the path %j the folders that lie inside are kept', async (given, kept) => {
  const [file] = await receive(formOf([[given, 5]]));
  expect(file?.name).toBe(kept);
  expect(file?.path).toBe(join(folder, kept));
  expect(readFileSync(join(folder, kept), 'utf8')).toBe('xxxxx');
});

test('a file and a folder with the same name are both kept', async () => {
  const names = ['a/b', 'a', 'a/b/c.csv'].map((name) => [name, 1] as const);
  const files = await receive(formOf(names));
  expect(files.map(({ name }) => name)).toEqual(['a/b', '2-a', 'c.csv']);
});

test('two files with the same name are both kept', async () => {
  const files = await receive(
    formOf([
      ['a.csv', 1],
      ['a.csv', 2],
    ]),
  );
  expect(new Set(files.map(({ path }) => path)).size).toBe(2);
  expect(files.map(({ bytes }) => bytes)).toEqual([1, 2]);
});

test('P33a: a name made for a duplicate may be taken too: all files are kept, each complete', async () => {
  const names = ['a.csv', '3-a.csv', 'a.csv', '2-a.csv', 'a.csv', '币'.repeat(99), '币'.repeat(99)];
  const parts = names.map((name, i) => [name, i + 1] as const);
  const sized = await receiveFiles({
    ...formOf(parts),
    name: undefined,
    folder,
    limits: { bytes: 100_000, files: 20 },
    signal: new AbortController().signal,
    onBytes: () => undefined,
  });
  expect(new Set(sized.map(({ path }) => path)).size).toBe(names.length);
  expect(sized.map(({ bytes }) => bytes)).toEqual(names.map((_, i) => i + 1));
  expect(readdirSync(folder)).toHaveLength(names.length);
});

test.each<[string, Body, RegExp]>([
  [
    'too many bytes',
    formOf([
      ['a', 60_000],
      ['b', 60_000],
    ]),
    /more than 100000 bytes/,
  ],
  ['too many files', formOf(['a', 'b', 'c', 'd'].map((name) => [name, 9])), /more than 3 files/],
  ['no file', formOf([]), /no file/],
  ['an empty file', formOf([['a', 0]]), /a is empty/],
  ['no boundary', { ...formOf([]), contentType: 'multipart/form-data' }, /is not a form/],
])('%s is refused with a message', async (_, body, words) => {
  await expect(receive(body)).rejects.toThrow(words);
});

test('once an upload is refused its folder can be removed: no file is still being created', async () => {
  const parts = Array.from({ length: 120 }, (_, n) => [`${n}.csv`, 1] as const);
  for (let round = 0; round < 30; round++) {
    const into = join(folder, String(round));
    mkdirSync(into);
    const refused = receiveFiles({
      ...formOf(parts),
      name: undefined,
      folder: into,
      limits: { bytes: 100_000, files: 100 },
      signal: new AbortController().signal,
      onBytes: () => undefined,
    });
    await expect(refused).rejects.toThrow(/more than 100 files/);
    const left = readdirSync(into).length;
    await new Promise(setImmediate);
    expect(readdirSync(into)).toHaveLength(left);
    rmSync(into, { recursive: true });
  }
});

test('a form that is cut short is refused', async () => {
  const { body, contentType } = formOf([['a.csv', 50_000]]);
  const bytes = new Uint8Array(await new Response(body).arrayBuffer()).slice(0, 30_000);
  const cut = must(new Response(bytes).body, 'a body');
  await expect(receive({ body: cut, contentType })).rejects.toThrow();
});

test('an abort ends it, and the file is closed', async () => {
  const abort = new AbortController();
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      controller.enqueue(new Uint8Array(100));
      return new Promise((resolve) => {
        setImmediate(resolve);
      });
    },
  });
  const receiving = receive(
    { body: endless, contentType: 'application/octet-stream' },
    abort.signal,
  );
  setImmediate(() => abort.abort());
  await expect(receiving).rejects.toThrow();
});
