/* Uploads as a browser experiences them: refusals of large bodies, folders in names, archives. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { afterAll, beforeAll, expect, test } from 'vitest';
import { ZipFile } from 'yazl';

import { must } from '@tapedeck/market/number/assert';
import { type ImportBody, importSchema } from '@tapedeck/market/wire/import';

import { TestFeed } from './test-feed.ts';

const WAIT = { timeout: 40_000, interval: 50 } as const;
/** More than Node's adapter reads by itself. */
const LARGE_BYTES = 80 * 1024 * 1024;
const DAY = 'data/futures/um/daily/trades/ETHUSDT/ETHUSDT-trades-2024-08-08.csv';
const TRADES = Buffer.from(
  Array.from(
    { length: 50 },
    (_, i) => `${i + 1},25${i}.1,0.5,100,${1_723_100_000_000 + i * 100},true`,
  )
    .join('\n')
    .concat('\n'),
);

let folder: string;
let feed: TestFeed;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-door-'));
  feed = await TestFeed.start({ TAPEDECK_DB: join(folder, 'history.db'), TAPEDECK_SOURCE: 'none' });
}, 60_000);
afterAll(async () => {
  await feed.close();
  rmSync(folder, { recursive: true });
});

type Answer = { readonly status: number | undefined; readonly text: string };

/** Sends all of a large body, and only then reads the answer. */
function sendAll(
  path: string,
  headers: Readonly<Record<string, string>>,
  start = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = LARGE_BYTES + Buffer.byteLength(start);
    const sent = request(`${feed.base}${path}`, {
      method: 'POST',
      headers: { 'content-length': length, ...headers },
    });
    let isSent = false;
    let answer: Answer | undefined;
    const settle = (): void => {
      if (isSent && answer !== undefined) resolve(answer);
    };
    sent.on('error', reject);
    sent.on('finish', () => {
      isSent = true;
      settle();
    });
    sent.on('close', () => {
      if (!isSent) reject(new Error('broken off before all was sent'));
    });
    sent.on('response', (response) => {
      void buffer(response).then((text) => {
        answer = { status: response.statusCode, text: text.toString() };
        settle();
      }, reject);
    });
    sent.write(start);
    const piece = Buffer.alloc(1024 * 1024, 'x');
    let left = LARGE_BYTES;
    const more = (): void => {
      while (left > 0) {
        left -= piece.length;
        if (!sent.write(piece)) return void sent.once('drain', more);
      }
      sent.end();
    };
    more();
  });
}

const RAW = { 'content-type': 'application/octet-stream' };
const JSON_BODY = { 'content-type': 'application/json' };

test.each([
  ['a wrong query', '/v1/imports?colour=red', RAW, 400, 'colour'],
  [
    'a page that is not allowed',
    '/v1/imports',
    { ...RAW, origin: 'http://other.example' },
    403,
    'origin',
  ],
  ['a batch that is too large', '/v1/ingest', JSON_BODY, 400, 'over the limit'],
  ['a headline that is too large', '/v1/news', JSON_BODY, 400, 'over the limit'],
  ['a wrong content type', '/v1/ingest', RAW, 400, 'content-type'],
])(
  'P33a: %s is reported even though all of a large body is sent first',
  async (_, path, headers, status, word) => {
    const answer = await sendAll(path, headers);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(word);
  },
  40_000,
);

test('P33a: a form refused in the middle is reported too', async () => {
  const part = (n: number): string =>
    `--b\r\ncontent-disposition: form-data; name="f"; filename="${n}.csv"\r\n\r\nx\r\n`;
  const files = Array.from({ length: 201 }, (_, n) => part(n)).join('');
  const answer = await sendAll(
    '/v1/imports',
    { 'content-type': 'multipart/form-data; boundary=b' },
    files,
  );
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('more than 200 files');
}, 40_000);

async function imported(name: string, bytes: Uint8Array): Promise<ImportBody> {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(bytes)]), name);
  const response = await fetch(`${feed.base}/v1/imports`, { method: 'POST', body: form });
  const { id } = importSchema.parse(await response.json());
  let job: ImportBody | undefined;
  await expect
    .poll(async () => {
      job = importSchema.parse((await feed.get(`/v1/imports/${id}`)).body);
      return job.state;
    }, WAIT)
    .toMatch(/done|failed/);
  return must(job, 'the import');
}

test('P33a: a file sent with its folders belongs to the market that they name', async () => {
  const job = await imported(DAY, TRADES);
  expect(job.files).toMatchObject([{ name: DAY }]);
  expect(job).toMatchObject({ state: 'done', sessions: [{ symbol: 'ETHUSDT@binance-usdm' }] });
}, 60_000);

test('P33a: a zip is uploaded with its folders', async () => {
  const zip = new ZipFile();
  zip.addBuffer(TRADES, DAY.replaceAll('ETHUSDT', 'BTCUSDT'));
  zip.end();
  const job = await imported('night.zip', await buffer(zip.outputStream));
  expect(job).toMatchObject({ state: 'done', sessions: [{ symbol: 'BTCUSDT@binance-usdm' }] });
}, 60_000);
