import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { ChaosCommand } from '@tapedeck/market/wire/chaos';

import { FeedHeap } from './feed-heap.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** Log level from which on an entry is an unexpected error. */
const ERROR_LEVEL = 50;
const STOP_MS = 8_000;
/** What the runtime prints about its inspector. */
const INSPECTOR = /^Debugger |^For help, see: /;

/** The real feed in a process of its own, with a temporary history; its log is read for errors. */
export class SoakFeed {
  readonly errors: string[] = [];
  readonly #child: ChildProcess;
  readonly #folder: string;
  #port = 0;
  #inspector = '';
  #exit: number | NodeJS.Signals | undefined;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    child.once('exit', (code, signal) => (this.#exit = signal ?? code ?? 0));
    if (child.stderr !== null)
      createInterface({ input: child.stderr }).on('line', (line) => this.#read(line));
  }

  static async start(seed: number): Promise<SoakFeed> {
    const folder = mkdtempSync(join(tmpdir(), 'tapedeck-soak-'));
    const child = spawn(process.execPath, [...process.execArgv, '--inspect=127.0.0.1:0', MAIN], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        TAPEDECK_PORT: '0',
        TAPEDECK_DB: join(folder, 'history.db'),
        TAPEDECK_SEED: String(seed),
        TAPEDECK_CHAOS: 'on',
        // Each client names its own address.
        TAPEDECK_TRUSTED_PROXIES: '127.0.0.1',
      },
    });
    const feed = new SoakFeed(child, folder);
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^\{"listening":\{.*"port":(\d+)/.exec(line)?.[1];
      if (port === undefined) continue;
      feed.#port = Number(port);
      return feed;
    }
    throw new Error(`the feed did not start: ${feed.errors.join('; ')}`);
  }

  get base(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get stream(): string {
    return `ws://127.0.0.1:${this.#port}/v1/stream`;
  }

  /** How it ended, if it did: a feed never ends by itself. */
  get exit(): number | NodeJS.Signals | undefined {
    return this.#exit;
  }

  openHeap(): Promise<FeedHeap> {
    return FeedHeap.open(this.#inspector);
  }

  async get(path: string): Promise<unknown> {
    return (await fetch(this.base + path)).json();
  }

  async post(path: string, body: unknown): Promise<number> {
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(this.base + path, init);
    await response.body?.cancel();
    return response.status;
  }

  chaos(command: ChaosCommand): Promise<number> {
    return this.post('/v1/chaos', command);
  }

  /** Every series of `/metrics` by its name and labels. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${this.base}/metrics`)).text();
    const series = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): readonly [string, number] => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at).replace(/^tapedeck_/, ''), Number(line.slice(at + 1))];
      });
    return new Map(series);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#exit === undefined) {
      this.#child.kill('SIGTERM');
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #read(line: string): void {
    this.#inspector ||= /^Debugger listening on (ws:\S+)/.exec(line)?.[1] ?? '';
    if (INSPECTOR.test(line)) return;
    let level: unknown;
    try {
      ({ level } = JSON.parse(line) as { readonly level?: unknown });
    } catch {
      // A line that is not part of the log was printed by the runtime: a warning or a crash.
      level = ERROR_LEVEL;
    }
    if (typeof level === 'number' && level >= ERROR_LEVEL) this.errors.push(line.slice(0, 500));
  }
}
