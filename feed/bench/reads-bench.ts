/*
 * `npm run bench -- reads [--main feed/src/main.ts] [--seconds 6] [--repeats 3]`: how costly reads affect the live
 * stream. A real feed in a process of its own, ten followers of its raw books; besides them no reads (the baseline,
 * first and last in each repeat), 60 requests per second of each costly kind, and 60 of all kinds in turn. The
 * result is the p99 compared with the mean of both baselines of the same repeat.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import WebSocket from 'ws';

import { percentileOf } from '@tapedeck/market/number/percentile';

import { tableOf } from '../../market/bench/measure.ts';

const { values } = parseArgs({
  options: {
    main: { type: 'string', default: join(import.meta.dirname, '../src/main.ts') },
    seconds: { type: 'string', default: '6' },
    repeats: { type: 'string', default: '3' },
  },
});
const SECONDS = Number(values.seconds);
const REPEATS = Number(values.repeats);
const PER_SECOND = 60;
const SYMBOLS = ['BTC-USD@sim', 'ETH-USD@sim'];
const FOLLOWERS = 10;

const folder = mkdtempSync(join(tmpdir(), 'tapedeck-reads-'));
const child = spawn(process.execPath, [values.main], {
  stdio: ['ignore', 'ignore', 'pipe'],
  env: { ...process.env, TAPEDECK_PORT: '0', TAPEDECK_DB: join(folder, 'history.db') },
});

function listening(): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the feed ended with ${code}`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      const port = /"port":(\d+).*"msg":"listening"/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
  });
}

/** Ages on arrival, ms: of books since the market's own time, and of answers to `ping` since it was sent. */
class Follower {
  ages: number[] = [];
  answers: number[] = [];
  readonly #socket: WebSocket;
  #sent = 0;

  constructor(port: number) {
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream`, 'tapedeck.v1.json');
    this.#socket.on('open', () => {
      const channels = SYMBOLS.map((symbol) => `book:${symbol}:25:raw`);
      this.#socket.send(JSON.stringify({ type: 'subscribe', id: 1, channels }));
      setInterval(() => this.#ping(), 250).unref();
    });
    this.#socket.on('message', (data) => {
      const text = String(data as Buffer);
      for (const [, at] of text.matchAll(/"type":"book-delta".*?"eventTime":(\d+)/g))
        this.ages.push(Date.now() - Number(at));
      if (text.includes('"type":"pong"')) this.answers.push(performance.now() - this.#sent);
    });
  }

  close(): void {
    this.#socket.terminate();
  }

  #ping(): void {
    this.#sent = performance.now();
    this.#socket.send(JSON.stringify({ type: 'ping', id: 2 }));
  }
}

const quantile = (numbers: readonly number[], share: number): number =>
  percentileOf(
    numbers.toSorted((a, b) => a - b),
    share,
  ) ?? Number.NaN;

function read(agent: Agent, path: string): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => {
    get({ port, path, agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(performance.now() - start));
    }).on('error', () => resolve(Number.NaN));
  });
}

const port = await listening();
const followers = Array.from({ length: FOLLOWERS }, () => new Follower(port));

type Measured = {
  readonly deltas: number;
  readonly ages: readonly number[];
  readonly pongs: readonly number[];
  readonly took: readonly number[];
};

async function measure(pathOf?: (i: number) => string): Promise<Measured> {
  for (const each of followers) {
    each.ages = [];
    each.answers = [];
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const reads: Promise<number>[] = [];
  const begin = performance.now();
  // A backlog is caught up with: a busy turn must not reduce the number of reads.
  for (let i = 0; performance.now() - begin < SECONDS * 1_000; await pause(4))
    for (; pathOf !== undefined && i < ((performance.now() - begin) * PER_SECOND) / 1_000; i++)
      reads.push(read(agent, pathOf(i)));
  const ages = followers.flatMap((each) => each.ages);
  const pongs = followers.flatMap((each) => each.answers);
  // Requests still waiting are dropped: what follows must not wait for them.
  agent.destroy();
  const took = (await Promise.all(reads)).filter((ms) => !Number.isNaN(ms));
  return { deltas: ages.length, ages, pongs, took };
}

const p99 = (numbers: readonly number[]): number => quantile(numbers, 0.99);

/** `min / median / max`. */
function spread(numbers: readonly number[], digits: number): string {
  return [0, 0.5, 0.9999].map((share) => quantile(numbers, share).toFixed(digits)).join(' / ');
}

try {
  await pause(4_000);
  const answer = await fetch(`http://127.0.0.1:${port}/v1/sessions`);
  const { sessions } = (await answer.json()) as {
    sessions: { id: string; open: boolean; from: number; to: number }[];
  };
  const night = sessions.find(({ open }) => !open);
  const live = sessions.find(({ open }) => open);
  if (night === undefined || live === undefined) throw new Error('the feed has no two sessions');
  const symbolOf = (i: number): string => SYMBOLS[i % SYMBOLS.length] ?? '';
  const momentOf = (i: number): number =>
    night.from + 1_000 + ((i * 7_919) % Math.max(1, night.to - night.from - 1_000));
  const kinds: readonly (readonly [string, (i: number) => string])[] = [
    ['a silhouette', () => `/v1/sessions/${night.id}/silhouette`],
    ['one of a session that is being recorded', () => `/v1/sessions/${live.id}/silhouette`],
    [
      'one of another width each time',
      (i) => `/v1/sessions/${night.id}/silhouette?points=${100 + (i % 1_000)}`,
    ],
    ['a session', () => `/v1/sessions/${night.id}`],
    ['the description of the API', () => '/v1/openapi.json'],
    ['candles', (i) => `/v1/candles?symbol=${symbolOf(i)}&interval=1m&limit=1000`],
    ['trades', (i) => `/v1/trades?symbol=${symbolOf(i)}&limit=1000`],
    [
      'a book at another moment each time',
      (i) => `/v1/book?symbol=${symbolOf(i)}&at=${momentOf(i)}`,
    ],
  ];
  const all = (i: number): string =>
    kinds[i % kinds.length]?.[1](Math.floor(i / kinds.length)) ?? '';
  for (const path of kinds.map(([, pathOf]) => pathOf(0))) {
    const { status } = await fetch(`http://127.0.0.1:${port}${path}`);
    if (status !== 200) throw new Error(`${path} is answered by ${status}`);
  }
  const runs = new Map<string, { readonly of: Measured; readonly baseline: Measured[] }[]>();
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const baseline: Measured[] = [await measure()];
    for (const [name, pathOf] of [...kinds, ['all of them in turn', all] as const])
      runs.set(name, [...(runs.get(name) ?? []), { of: await measure(pathOf), baseline }]);
    const last = await measure();
    baseline.push(last);
    for (const of of baseline)
      runs.set('nobody', [...(runs.get('nobody') ?? []), { of, baseline }]);
  }
  const mean = (many: readonly number[]): number => many.reduce((a, b) => a + b, 0) / many.length;
  const row = (name: string): string[] => {
    const own = runs.get(name) ?? [];
    const beside = (of: (m: Measured) => number): string =>
      spread(
        own.map((run) => of(run.of) / mean(run.baseline.map(of))),
        2,
      );
    const took = own.flatMap(({ of }) => of.took);
    return [
      name,
      String(Math.round(mean(own.map(({ of }) => of.deltas)))),
      spread(
        own.map(({ of }) => p99(of.ages)),
        1,
      ),
      beside(({ ages }) => p99(ages)),
      spread(
        own.map(({ of }) => p99(of.pongs)),
        1,
      ),
      took.length === 0
        ? '-'
        : `${took.length}: ${quantile(took, 0.5).toFixed(1)} / ${p99(took).toFixed(1)}`,
    ];
  };
  const head = [
    `${PER_SECOND} a second of`,
    'deltas',
    'p99 age ms: min / median / max',
    'beside nobody',
    'p99 pong ms',
    'answers: p50 / p99 ms',
  ];
  const names = ['nobody', ...kinds.map(([name]) => name), 'all of them in turn'];
  process.stdout.write(`${tableOf(head, names.map(row))}\n`);
} finally {
  for (const each of followers) each.close();
  child.kill();
  rmSync(folder, { recursive: true, force: true });
}
