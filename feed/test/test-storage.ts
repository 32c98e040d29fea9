/* A feed on a file that other processes damage, as a person with a shell could. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import { pino } from 'pino';

import { type History, openHistory } from '@tapedeck/db/history';
import { RandomMarket } from '@tapedeck/db/test/random-market';
import { beginRecording, recordStep, START, SYMBOL } from '@tapedeck/db/test/test-recording';
import { Random } from '@tapedeck/market/number/random';
import type { StatusReport } from '@tapedeck/market/wire/http';

import { readConfig } from '../src/config/config.ts';
import { type RunningFeed, startFeed } from '../src/feed.ts';
import { SystemClock } from '../src/machine/system-clock.ts';

/** A minute of a generated market, with enough steps that every table has its own leaf pages. */
const STEPS = 4_000;
const HEADLINES = 400;
/** Changes of state: enough to fill pages too. */
const STATES = 2_000;

const ANSWER_MS = 40_000;

/** Everything that a page or a script may read from the history. */
const READS = [
  '/v1/sessions',
  '/v1/sessions/one',
  '/v1/sessions/one/silhouette',
  '/v1/instruments',
  `/v1/instruments?session=one`,
  `/v1/trades?symbol=${SYMBOL}&from=0&limit=1000`,
  `/v1/trades?symbol=${SYMBOL}&session=one&from=0`,
  `/v1/candles?symbol=${SYMBOL}&interval=1s&limit=1000`,
  `/v1/candles?symbol=${SYMBOL}&interval=1m`,
  `/v1/book?symbol=${SYMBOL}&at=${START + 30_000}`,
  `/v1/book?symbol=${SYMBOL}&at=${START + 30_000}&session=one`,
  '/v1/news?limit=500',
  '/v1/news?session=one',
  '/v1/alerts',
  '/v1/status',
  '/v1/events/since?id=another:3',
  '/v1/imports',
  '/v1/tickers',
  `/v1/states?symbol=${SYMBOL}&from=0`,
  `/v1/states?symbol=${SYMBOL}&session=one`,
  '/v1/events/since?id=before:3',
] as const;
/** Each is a thread of its own, and takes time. */
export const EXPORTS = ['tape', 'csv', 'ndjson'].map(
  (format) => `/v1/sessions/one/export?format=${format}`,
);

/** A closed recording with rows in every table. */
export function recordNight(path: string): void {
  const history = openHistory(path);
  const writer = beginRecording(history);
  const market = new RandomMarket({ random: new Random(5), startTime: START, meanStepMs: 15 });
  for (let n = 0; n < STEPS; n++) recordStep(writer, market.next());
  for (let n = 0; n < HEADLINES; n++) {
    const body = { id: `n${n}`, time: START + n * 100, source: 'desk', symbols: [SYMBOL] };
    const title = `Headline ${n} of a long night, with words enough to fill a page`;
    writer.event({ id: '', topic: 'news', body: { ...body, title } });
    const status = { time: START + n, severity: 'info', kind: 'scenario', symbols: [] } as const;
    writer.event({ id: `before:${n + 1}`, topic: 'status', body: { ...status, message: title } });
  }
  const from = START + 1_000;
  for (let n = 0; n < STATES; n++) {
    const time = from + n * 20;
    const crossedSince = n % 2 === 0 ? time : undefined;
    writer.state(SYMBOL, { time, state: 'ok', reason: 'requested', since: from, crossedSince });
  }
  writer.close(START);
  history.close();
}

/** The page in the middle of a table, and the page size; in the file itself, without a WAL. */
export function pageOf(
  path: string,
  table: string,
  which: 'middle' | 'last',
): readonly [number, number] {
  const history = openHistory(path);
  const { connection } = history;
  connection.pragma('wal_checkpoint(TRUNCATE)');
  const pages = connection
    .prepare<[string], number>('select pageno from dbstat where name = ? order by path')
    .pluck()
    .all(table);
  const bytes = Number(connection.pragma('page_size', { simple: true }));
  history.close();
  const page = which === 'last' ? pages.at(-1) : pages[Math.floor(pages.length / 2)];
  if (page === undefined) throw new Error(`${table} has no page`);
  return [page, bytes];
}

/** In another process: opening and closing the file in this one would release the feed's locks. */
export function spoil(path: string, [page, bytes]: readonly [number, number]): void {
  const at = [`of=${path}`, `bs=${bytes}`, `seek=${page - 1}`, 'count=1', 'conv=notrunc'];
  execFileSync('dd', ['if=/dev/urandom', ...at], { stdio: 'ignore' });
}

export class StorageRig {
  readonly path: string;
  readonly folder: string;
  readonly lines: string[] = [];
  #feed: RunningFeed | undefined;
  #headlines = 0;

  constructor(folder = mkdtempSync(join(tmpdir(), 'tapedeck-storage-'))) {
    this.folder = folder;
    this.path = join(this.folder, 'history.db');
  }

  async start(): Promise<void> {
    const sink = new Writable({
      write: (chunk, _, done) => {
        this.lines.push(String(chunk));
        done();
      },
    });
    const config = readConfig({
      TAPEDECK_PORT: '0',
      TAPEDECK_DB: this.path,
      TAPEDECK_SOURCE: 'none',
    });
    this.#feed = await startFeed(config, new SystemClock(), pino({ level: 'info' }, sink));
  }

  async get(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    // A missing response is named, instead of the test that waits for it.
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(`http://127.0.0.1:${this.#feed?.port}${path}`, { signal }).catch(
      (error: unknown) => Promise.reject(new Error(`no answer to ${path}`, { cause: error })),
    );
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  }

  /** Each read with its response, if that is neither the answer nor a refusal with a reason. */
  async faults(reads: readonly string[] = READS): Promise<readonly string[]> {
    const wrong: string[] = [];
    for (const path of reads) {
      const { status, body } = await this.get(path);
      if (status >= 500 && !/"code":120,"message":"[^"]{20}/.test(JSON.stringify(body)))
        wrong.push(`${path}: ${status} ${JSON.stringify(body)}`);
    }
    return wrong;
  }

  /** Creates a replay of the night. */
  async replay(): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(`http://127.0.0.1:${this.#feed?.port}/v1/replays`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ session: 'one' }),
    });
    return { status: response.status, body: await response.json() };
  }

  async status(): Promise<StatusReport> {
    const { body } = await this.get('/v1/status');
    // Where the history is on this machine must not be revealed.
    if (JSON.stringify(body).includes(this.folder)) throw new Error(JSON.stringify(body));
    return body as StatusReport;
  }

  /** Pushes a headline; returns its title if the feed says that it is stored. */
  async headline(): Promise<string | undefined> {
    const title = `Pushed ${(this.#headlines += 1)}`;
    const response = await fetch(`http://127.0.0.1:${this.#feed?.port}/v1/news`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: `p${this.#headlines}`, title, source: 'desk', symbols: [] }),
    });
    const body = (await response.json()) as { readonly stored?: boolean };
    return body.stored === true ? title : undefined;
  }

  /** Titles in the file at the path, read through a separate connection. */
  titles(): readonly string[] {
    const history = openHistory(this.path, { readonly: true });
    try {
      return history.connection.prepare<[], string>('select title from headline').pluck().all();
    } finally {
      history.close();
    }
  }

  /** Reads the file at the path. */
  read<T>(look: (history: History) => T): T {
    const history = openHistory(this.path, { readonly: true });
    try {
      return look(history);
    } finally {
      history.close();
    }
  }

  /** What the feed said of the file, in its log and in status events. */
  async said(): Promise<readonly string[]> {
    const { events } = await this.status();
    return events.filter(({ kind }) => kind === 'storage').map(({ message }) => message);
  }

  async stop(): Promise<void> {
    await this.#feed?.close();
    this.#feed = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
