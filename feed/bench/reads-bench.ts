/*
 * `npm run bench -- reads [--main feed/src/main.ts] [--seconds 8]`: what the live stream feels of pages that ask for much. A
 * real feed in a process of its own, ten followers of its raw books; beside them nobody (the baseline, first and last), and
 * 60 requests a second of each costly kind.
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

import { tableOf } from '../../market/bench/measure.ts';

const { values } = parseArgs({
  options: {
    main: { type: 'string', default: join(import.meta.dirname, '../src/main.ts') },
    seconds: { type: 'string', default: '8' },
  },
});
const SECONDS = Number(values.seconds);
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

/** Ages of what came, ms: of books since the market's own time, and of answers to `ping` since it was sent. */
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
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)] ?? Number.NaN;

function read(agent: Agent, path: string): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => {
    get({ port, path, agent }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(performance.now() - start));
    }).on('error', () => resolve(Number.NaN));
  });
}

const rows: string[][] = [];
const port = await listening();
const followers = Array.from({ length: FOLLOWERS }, () => new Follower(port));

async function measure(name: string, pathOf?: (i: number) => string): Promise<void> {
  for (const each of followers) {
    each.ages = [];
    each.answers = [];
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const reads: Promise<number>[] = [];
  const end = performance.now() + SECONDS * 1_000;
  for (let i = 0; performance.now() < end; i++) {
    if (pathOf !== undefined) reads.push(read(agent, pathOf(i)));
    await pause(1_000 / PER_SECOND);
  }
  const ages = followers.flatMap((each) => each.ages);
  const answers = followers.flatMap((each) => each.answers);
  const cell = (numbers: readonly number[]): string =>
    `${quantile(numbers, 0.5).toFixed(1)} / ${quantile(numbers, 0.99).toFixed(1)}`;
  // Whoever still waits was not answered: what comes next is not to wait for it.
  agent.destroy();
  const took = (await Promise.all(reads)).filter((ms) => !Number.isNaN(ms));
  rows.push([
    name,
    String(ages.length),
    cell(ages),
    cell(answers),
    took.length === 0 ? '-' : `${took.length}: ${cell(took)}`,
  ]);
}

try {
  await pause(4_000);
  const answer = await fetch(`http://127.0.0.1:${port}/v1/sessions`);
  const { sessions } = (await answer.json()) as { sessions: { id: string; open: boolean }[] };
  const night = sessions.find(({ open }) => !open)?.id ?? '';
  const live = sessions.find(({ open }) => open)?.id ?? '';
  await measure('nobody reads');
  await measure('a silhouette', () => `/v1/sessions/${night}/silhouette`);
  await measure('one of a session that is being recorded', () => `/v1/sessions/${live}/silhouette`);
  await measure(
    'one of another width each time',
    (i) => `/v1/sessions/${night}/silhouette?points=${100 + i}`,
  );
  await measure('a session', () => `/v1/sessions/${night}`);
  await measure('the description of the API', () => '/v1/openapi.json');
  await measure('nobody reads');
  const head = [
    `${PER_SECOND} a second of`,
    'deltas',
    'age p50 / p99 ms',
    'pong p50 / p99 ms',
    'answers: p50 / p99 ms',
  ];
  process.stdout.write(`${tableOf(head, rows)}\n`);
} finally {
  for (const each of followers) each.close();
  child.kill();
  rmSync(folder, { recursive: true, force: true });
}
