/* Recordings are imported over HTTP into a running feed, and exported as files: real sockets, real processes. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { must } from '@tapedeck/market/number/assert';
import { decodeDown } from '@tapedeck/market/wire/codec/codec';
import { sessionsSchema } from '@tapedeck/market/wire/http';
import { type ImportBody, importSchema, importsSchema } from '@tapedeck/market/wire/import';

import { readConfig } from '../src/config/config.ts';
import { type RunningFeed, startFeed } from '../src/feed.ts';
import { createLog } from '../src/machine/log.ts';
import { SystemClock } from '../src/machine/system-clock.ts';

const NIGHT = fileURLToPath(new URL('../fixtures/binance-20240808/', import.meta.url));
/** The market of a file whose name does not tell it. */
const TESTCOIN = '?symbol=TESTCOIN@binance';
const SPOT = join(NIGHT, 'spot-ethusdt.gz');
let folder: string;
let db: string;
let feed: RunningFeed;
let base: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tapedeck-import-'));
  db = join(folder, 'history.db');
  await start();
}, 60_000);

afterAll(async () => {
  await feed.close();
  rmSync(folder, { recursive: true });
});

async function start(): Promise<void> {
  const config = readConfig({ TAPEDECK_PORT: '0', TAPEDECK_DB: db });
  feed = await startFeed(config, new SystemClock(), createLog('silent'));
  base = `http://127.0.0.1:${feed.port}`;
}

async function send(files: readonly (readonly [name: string, bytes: Uint8Array])[], query = '') {
  const form = new FormData();
  for (const [name, bytes] of files) form.append('file', new Blob([new Uint8Array(bytes)]), name);
  const response = await fetch(`${base}/v1/imports${query}`, { method: 'POST', body: form });
  return { status: response.status, body: (await response.json()) as unknown };
}

const inspect = async (id: string): Promise<ImportBody> =>
  importSchema.parse(await (await fetch(`${base}/v1/imports/${id}`)).json());

/** Polls until it is over. */
const outcome = (id: string): Promise<ImportBody> =>
  waitFor(async () => {
    const job = await inspect(id);
    return job.state === 'importing' || job.state === 'uploading' ? undefined : job;
  });

async function imported(files: Parameters<typeof send>[0], query = ''): Promise<ImportBody> {
  const { status, body } = await send(files, query);
  expect(status, JSON.stringify(body)).toBe(202);
  return outcome(importSchema.parse(body).id);
}

/** Files next to the history other than its own. */
const leftovers = (): readonly string[] =>
  readdirSync(folder).flatMap((name) =>
    name.endsWith('.uploads') || name.endsWith('.exports') ? readdirSync(join(folder, name)) : [],
  );

const sessionIds = async (): Promise<readonly string[]> =>
  sessionsSchema
    .parse(await (await fetch(`${base}/v1/sessions`)).json())
    .sessions.map(({ id }) => id);

test('H5: a recording is imported, a repeat counts once, and its event is announced', async () => {
  const spot = readFileSync(SPOT);
  const since = (await (await fetch(`${base}/v1/events/since`)).json()) as { next: string };
  const first = await imported([['spot-ethusdt.gz', spot]]);
  expect(first).toMatchObject({
    state: 'done',
    files: [{ name: 'spot-ethusdt.gz', bytes: spot.length }],
    bytes: spot.length,
    sessions: [{ symbol: 'ETHUSDT@binance', already: false }],
  });
  const session = must(first.sessions[0], 'a session').session;
  expect(await sessionIds()).toContain(session);
  const again = await imported([['renamed.gz', spot]]);
  expect(again.sessions).toMatchObject([{ session, already: true }]);
  const told = (await (await fetch(`${base}/v1/events/since?id=${since.next}`)).json()) as {
    events: { event: string; data: { id: string; change: string } }[];
  };
  const imports = told.events.filter(({ data }) => data.change === 'imported');
  expect(imports).toMatchObject([{ event: 'session', data: { id: session } }]);
  expect(leftovers()).toEqual([]);
});

test('P33a: the figures of a finished import are final and include all its markets', async () => {
  const names = ['spot-ethusdt.gz', 'usdm-ethusdt.gz'];
  const files = names.map((name) => [name, readFileSync(join(NIGHT, name))] as const);
  const job = await imported(files, '?tickSize=0.01');
  const sizes = job.files.map(({ bytes }) => bytes);
  expect(job).toMatchObject({ state: 'done', bytes: sizes.reduce((sum, size) => sum + size, 0) });
  const counts = job.sessions.flatMap(({ messages }) => Object.values(messages));
  expect(job.events).toBe(counts.reduce((sum, count) => sum + count, 0));
});

test('P33a: one file as the body itself, with its name in the query', async () => {
  const response = await fetch(`${base}/v1/imports?name=usdm-ethusdt.gz`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(readFileSync(join(NIGHT, 'usdm-ethusdt.gz'))),
  });
  expect(response.status).toBe(202);
  const job = await outcome(importSchema.parse(await response.json()).id);
  expect(job.sessions).toMatchObject([{ symbol: 'ETHUSDT@binance-usdm', already: false }]);
});

test('a recording that cannot be used says which file and line, and leaves nothing behind', async () => {
  const before = await sessionIds();
  const text = await imported([['notes.txt', Buffer.from('hello\nworld\n')]]);
  expect(text).toMatchObject({ state: 'failed', sessions: [] });
  expect(text.error).toMatch(/notes\.txt.*known format/);
  const spoiled = Buffer.from(readFileSync(SPOT));
  spoiled.fill(7, spoiled.length >> 1, (spoiled.length >> 1) + 400);
  const broken = await imported([['broken.gz', spoiled]]);
  expect(broken.state).toBe('failed');
  expect(broken.error).toMatch(/broken\.gz:\d+/);
  const strict = await imported(
    [['cut.gz', readFileSync(SPOT).subarray(0, 60_000)]],
    '?strict=true',
  );
  expect(strict.error).toMatch(/cut\.gz:\d+/);
  expect(await sessionIds()).toEqual(before);
  expect(leftovers()).toEqual([]);
});

test.each([
  ['?format=nonsense', 'format'],
  ['?tickSize=zero', 'tickSize'],
  ['?colour=red', 'colour'],
])('%s is refused before anything is imported, naming %s', async (query, named) => {
  const { status, body } = await send([['a.csv', Buffer.from('a')]], query);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain(named);
});

test('a form without a file, an empty file and an unknown import are 4xx', async () => {
  expect((await send([])).status).toBe(400);
  expect((await send([['empty.csv', new Uint8Array()]])).status).toBe(400);
  expect((await fetch(`${base}/v1/imports/none`)).status).toBe(404);
  expect((await fetch(`${base}/v1/imports/none`, { method: 'DELETE' })).status).toBe(404);
  expect((await fetch(`${base}/v1/imports`, { method: 'POST' })).status).toBe(400);
  const list = importsSchema.parse(await (await fetch(`${base}/v1/imports`)).json());
  expect(list.imports.every(({ state }) => state === 'failed' || state === 'done')).toBe(true);
  expect(leftovers()).toEqual([]);
});

test('file names cannot lead out of the folder', async () => {
  const job = await imported([['../../../etc/passwd', readFileSync(SPOT)]]);
  expect(job.files.map(({ name }) => name)).toEqual(['passwd']);
  expect(job.sessions).toMatchObject([{ already: true }]);
});

test('an upload that is cut off leaves neither file nor session, and the slot is free', async () => {
  const bytes = readFileSync(SPOT);
  const upload = request(`${base}/v1/imports?name=half.gz`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream', 'content-length': bytes.length },
  });
  upload.on('error', () => undefined);
  upload.write(bytes.subarray(0, 40_000));
  const job = await waitFor(async () => {
    const { imports } = importsSchema.parse(await (await fetch(`${base}/v1/imports`)).json());
    return imports.find(({ state, bytes: received }) => state === 'uploading' && received > 0);
  });
  expect(leftovers()).toHaveLength(1);
  upload.destroy();
  await waitFor(async () => ((await inspect(job.id)).state === 'failed' ? true : undefined));
  expect(leftovers()).toEqual([]);
});

test('P33a: cancelled, it ends with nothing left; more than two at once are refused', async () => {
  const before = await sessionIds();
  const long = longRecording();
  const started = await Promise.all(
    [1, 2].map((n) => send([[`long-${n}.csv`, long(n)]], TESTCOIN)),
  );
  const ids = started.map(({ body }) => importSchema.parse(body).id);
  expect((await send([['third.csv', long(3)]])).status).toBe(429);
  for (const id of ids) {
    const { status } = await fetch(`${base}/v1/imports/${id}`, { method: 'DELETE' });
    expect(status).toBe(202);
    expect((await outcome(id)).state).toBe('cancelled');
  }
  expect(await sessionIds()).toEqual(before);
  expect(leftovers()).toEqual([]);
  const half = feed.history.connection.prepare("select id from session where state = 'importing'");
  expect(half.all()).toEqual([]);
});

test('a feed that stops during an import leaves nothing of it to the next one', async () => {
  const before = await sessionIds();
  await send([['long.csv', longRecording()(4)]], TESTCOIN);
  await feed.close();
  expect(existsSync(`${db}.uploads`)).toBe(false);
  await start();
  const after = await sessionIds();
  // The next start of the feed has its own session.
  expect(before.every((id) => after.includes(id))).toBe(true);
  expect(after.filter((id) => id.includes('long') || id.startsWith('testcoin'))).toEqual([]);
}, 60_000);

test('P33: a session is exported as a tape that another feed recognises, as zipped CSV and as messages', async () => {
  const spot = await imported([['spot-ethusdt.gz', readFileSync(SPOT)]]);
  const { session } = must(spot.sessions[0], 'a session');
  const tape = await fetch(`${base}/v1/sessions/${session}/export?format=tape`);
  expect(tape.headers.get('content-disposition')).toBe(`attachment; filename="${session}.tape"`);
  const bytes = Buffer.from(await tape.arrayBuffer());
  expect(bytes.subarray(0, 15).toString()).toBe('SQLite format 3');
  expect((await imported([['home.tape', bytes]])).sessions).toMatchObject([
    { session, already: true },
  ]);
  const csv = await fetch(`${base}/v1/sessions/${session}/export?format=csv`);
  expect(
    Buffer.from(await csv.arrayBuffer())
      .subarray(0, 2)
      .toString(),
  ).toBe('PK');
  const ndjson = await fetch(`${base}/v1/sessions/${session}/export?format=ndjson`);
  const types = decodeDown((await ndjson.text()).trimEnd()).map(({ type }) => type);
  expect(types.slice(0, 2)).toEqual(['subscribed', 'book-snapshot']);
  expect(types.filter((type) => type === 'trades').length).toBeGreaterThan(100);
  await waitFor(async () => (leftovers().length === 0 ? true : undefined));
});

test('an aborted download frees its slot and leaves nothing; bad requests are 4xx', async () => {
  const session = must((await sessionIds()).at(-1), 'the made-up night');
  const path = `${base}/v1/sessions/${session}/export`;
  expect((await fetch(`${path}?format=xlsx`)).status).toBe(400);
  expect((await fetch(`${base}/v1/sessions/none/export`)).status).toBe(404);
  await waitFor(async () => (leftovers().length === 0 ? true : undefined));
  const aborts = [new AbortController(), new AbortController()];
  const open = await Promise.all(
    aborts.map(({ signal }) => fetch(`${path}?format=ndjson`, { signal })),
  );
  expect(open.map(({ status }) => status)).toEqual([200, 200]);
  const refused = await fetch(`${path}?format=ndjson`);
  expect(refused.status).toBe(429);
  for (const abort of aborts) abort.abort();
  await waitFor(async () => {
    const { status, body } = await fetch(`${path}?format=csv`);
    await body?.cancel();
    return status === 200 ? true : undefined;
  });
  await waitFor(async () => (leftovers().length === 0 ? true : undefined));
});

function waitFor<T>(look: () => Promise<T | undefined>): Promise<T> {
  const seen = async (): Promise<T> => must(await look(), 'what is waited for');
  return vi.waitFor(seen, { interval: 20, timeout: 60_000 });
}

/** Trades in Binance's public CSV, enough for a second or two of work; each number gives another file. */
function longRecording(): (n: number) => Buffer {
  const rows = Array.from({ length: 600_000 }, (_, i) => {
    const price = (100 + (i % 977) / 100).toFixed(2);
    return `${i + 1},${price},0.5,${price},${1_700_000_000_000 + i * 10},${i % 2 === 0},true`;
  });
  const text = rows.join('\n');
  return (n) => Buffer.from(`${text}\n${900_000 + n},1.23,0.5,1.23,1800000000000,true,true\n`);
}

test('P33a: no response to an upload reveals where files are on this machine', async () => {
  const texts: string[] = [];
  const keep = async (response: Response): Promise<void> =>
    void texts.push(JSON.stringify(await response.json()));
  const asBody = (name: string, body: Uint8Array<ArrayBuffer>) =>
    fetch(`${base}/v1/imports?name=${encodeURIComponent(name)}`, { method: 'POST', body });
  await keep(await asBody('币'.repeat(200), new Uint8Array([1])));
  for (const [name, bytes] of [
    ['no-tape.tape', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4_000, 7)])],
    ['words.csv', Buffer.from('these are no trades\n'.repeat(9))],
    ['cut.gz', readFileSync(SPOT).subarray(0, 20)],
  ] as const) {
    const job = await imported([[name, bytes]]);
    expect(job.state, name).toBe('failed');
    texts.push(JSON.stringify(job));
  }
  for (const text of texts) expect(text).not.toContain(folder);
});

test('H7: an import whose history is removed meanwhile fails, and no session of it is announced', async () => {
  const since = (await (await fetch(`${base}/v1/events/since`)).json()) as { next: string };
  const { body } = await send([['long.csv', longRecording()(5)]], TESTCOIN);
  const { id } = importSchema.parse(body);
  await waitFor(async () => ((await inspect(id)).events > 0 ? true : undefined));
  rmSync(db);
  const job = await outcome(id);
  expect(job).toMatchObject({ state: 'failed', sessions: [] });
  expect(job.error).toMatch(/^the history was removed or replaced during the import/);
  const told = (await (await fetch(`${base}/v1/events/since?id=${since.next}`)).json()) as {
    events: { data: { change?: string } }[];
  };
  expect(told.events.filter(({ data }) => data.change === 'imported')).toEqual([]);
}, 60_000);
