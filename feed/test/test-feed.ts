import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Clock } from '@tapedeck/market/time/clock';

import { readConfig } from '../src/config/config.ts';
import { type RunningFeed, startFeed } from '../src/feed.ts';
import { createLog } from '../src/machine/log.ts';
import { SystemClock } from '../src/machine/system-clock.ts';

/** Port of the dashboard that this feed allows; nothing listens there. */
const TEST_WEB_PORT = '3999';

/** One real feed on port 0 with its own history file, for tests from outside. */
export class TestFeed {
  readonly base: string;
  readonly stream: string;
  readonly #feed: RunningFeed;
  readonly #folder: string;

  private constructor(feed: RunningFeed, folder: string) {
    this.#feed = feed;
    this.#folder = folder;
    this.base = `http://127.0.0.1:${feed.port}`;
    this.stream = `ws://127.0.0.1:${feed.port}/v1/stream`;
  }

  static async start(
    settings: Readonly<Record<string, string>> = {},
    clock: Clock = new SystemClock(),
  ): Promise<TestFeed> {
    const folder = mkdtempSync(join(tmpdir(), 'tapedeck-feed-'));
    const config = readConfig({
      TAPEDECK_PORT: '0',
      TAPEDECK_DB: join(folder, 'history.db'),
      TAPEDECK_WEB_PORT: TEST_WEB_PORT,
      ...settings,
    });
    return new TestFeed(await startFeed(config, clock, createLog('silent')), folder);
  }

  async get(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(this.base + path);
    return { status: response.status, body: await response.json() };
  }

  async post(
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(this.base + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }

  async close(): Promise<void> {
    await this.#feed.close();
    rmSync(this.#folder, { recursive: true });
  }
}
