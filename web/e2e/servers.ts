/*
 * The servers of a browser test: the built feed and web as `npm start` runs them, on free ports, with a history of
 * their own in a temporary folder. Both `npm test` and `npm start` build them.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { test as base } from '@playwright/test';

import {
  type Server,
  freePort,
  newWebKey,
  startFeed,
  startWeb,
  untilHealthy,
} from '../../scripts/browser-test-servers.mjs';

const HOST = '127.0.0.1';
const ROOT = resolve(import.meta.dirname, '../..');

type Environment = Readonly<Record<string, string>>;

export type ServersOptions = {
  /** Settings of the feed; host, ports and history file are set by the test. */
  readonly env?: Environment;
  /** Runs before the feed starts, with the environment that points to its history: to import a session. */
  readonly prepare?: (env: Environment) => Promise<void>;
};

/** A running feed and web; the feed can be killed and restarted on its port, as in a crash and a restart. */
export class Servers {
  readonly #folder: string;
  readonly #env: Environment;
  readonly #web: Server;
  #feed: Server;

  private constructor(folder: string, env: Environment, feed: Server, web: Server) {
    this.#folder = folder;
    this.#env = env;
    this.#feed = feed;
    this.#web = web;
  }

  static async start({ env = {}, prepare }: ServersOptions = {}): Promise<Servers> {
    const folder = await mkdtemp(join(tmpdir(), 'tapedeck-e2e-'));
    const webKey = newWebKey();
    const history: Environment = { ...env, TAPEDECK_DB: join(folder, 'tapedeck.db') };
    await prepare?.(history);
    const webLog = join(folder, 'web.log');
    // The feed admits pages from the web's port: the web starts first, and knows the feed's port before the feed
    // listens.
    const feedPort = await freePort(HOST);
    const web = await startWeb({
      host: HOST,
      port: 0,
      env: { TAPEDECK_PORT: String(feedPort), TAPEDECK_WEB_KEY: webKey },
      logFile: webLog,
    });
    const feedEnv: Environment = {
      ...history,
      TAPEDECK_WEB_PORT: String(web.port),
      TAPEDECK_WEB_KEY: webKey,
    };
    const feed = await startHealthyFeed(folder, feedPort, feedEnv);
    await untilHealthy(web, '/');
    return new Servers(folder, feedEnv, feed, web);
  }

  get webUrl(): string {
    return this.#web.url;
  }

  /** What a proxy sends to identify the pages of this web (P24c). */
  get webKey(): string {
    return this.#env['TAPEDECK_WEB_KEY'] ?? '';
  }

  get feedUrl(): string {
    return this.#feed.url;
  }

  /** The environment that points to this feed's history, for `runTapedeck`. */
  get env(): Environment {
    return this.#env;
  }

  /** Ends the feed like a crash: nothing is sent, nothing is written. */
  async killFeed(): Promise<void> {
    this.#feed.group.signal('SIGKILL');
    await this.#feed.group.exited;
  }

  /** The feed hangs: its sockets stay open and nothing answers, until `resumeFeed`. */
  pauseFeed(): void {
    this.#feed.group.signal('SIGSTOP');
  }

  resumeFeed(): void {
    this.#feed.group.signal('SIGCONT');
  }

  /** Restarts the feed on the same port, with the same history; resolves when it is healthy. */
  async restartFeed(): Promise<void> {
    this.#feed = await startHealthyFeed(this.#folder, this.#feed.port, this.#env);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#feed.group.stop(), this.#web.group.stop()]);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function startHealthyFeed(folder: string, port: number, env: Environment): Promise<Server> {
  const feed = await startFeed({ host: HOST, port, env, logFile: join(folder, 'feed.log') });
  await untilHealthy(feed, '/healthz');
  return feed;
}

/** Runs the command line, `runTapedeck(['import', file], env)`; resolves with its standard output. */
export async function runTapedeck(args: readonly string[], env: Environment): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(ROOT, 'feed/dist/tapedeck.mjs'), ...args],
    { cwd: ROOT, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout;
}

/**
 * Playwright's `test` with servers shared by all tests of a file's worker, started with `serversOptions`: `test.use({
 * serversOptions: { env: { TAPEDECK_SCENARIO: 'quiet' } } })`.
 */
export const test = base.extend<object, { serversOptions: ServersOptions; servers: Servers }>({
  serversOptions: [{}, { option: true, scope: 'worker' }],
  servers: [
    async ({ serversOptions }, use) => {
      const servers = await Servers.start(serversOptions);
      await use(servers);
      await servers.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
});
