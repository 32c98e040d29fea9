/*
 * `npm run bench -- limits [--only capacity|quiet|stuck|sizes|alone]`: how far one feed process goes. All with tier
 * `100ms`, 5 of 20 busy symbols a connection, unless it says otherwise.
 *
 *   capacity   connections that one process carries with p99 below 250 ms (--steps 2000,4000,...)
 *   quiet      age of the changes of a quiet symbol while 20 others are busy
 *   stuck      100 connections beside 20 that subscribe and read nothing
 *   sizes      bytes a connection and second of each tier, beside a venue's public stream of the same books
 *   alone      20 busy symbols and nobody connected; the simulator by itself
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { BOOK_TIERS } from '@tapedeck/market/wire/channel';

import { rateText, tableOf } from '../../market/bench/measure.ts';
import { percentilesOf } from '../src/status/percentiles.ts';
import { CONTENDERS, type Contender, type Run, run, streamMs, SYMBOLS } from './fanout-run.ts';
import { generateStream, writeStream } from './fanout-stream.ts';
import { venueBytes } from './venue-bytes.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    steps: { type: 'string', default: '1000,2000,4000,6000,8000,10000' },
    runs: { type: 'string', default: '3' },
  },
});
const JSON_100MS: Contender = CONTENDERS['Tapedeck, `100ms`'];
const BINARY_100MS: Contender = CONTENDERS['Tapedeck, `100ms`, binary'];
const BOUND_MS = 250;
const QUIET_EVERY_MS = 700;
/** Long enough for the stuck clients to be closed, and for their cost to show. */
const STUCK_SECONDS = 24;
/** Share of the events that must have arrived: the rest is in transit when the clock stops. */
const CARRIED_SHARE = 0.98;
const folder = mkdtempSync(join(tmpdir(), 'tapedeck-limits-'));
const streamFile = join(folder, 'stream.ndjson');

type Extra = Partial<Parameters<typeof run>[1]>;

async function play(contender: Contender, connections: number, extra: Extra = {}): Promise<Run> {
  const seconds = extra.seconds ?? 4;
  const quiet = extra.isQuiet === true ? QUIET_EVERY_MS : undefined;
  writeStream(generateStream(SYMBOLS, streamMs(seconds), quiet), streamFile);
  return run(contender, {
    streamFile,
    connections,
    seconds,
    depth: 25,
    lists: 'shared',
    ...extra,
  });
}

const ages = ({ clients }: Run): string => {
  const all = percentilesOf(clients.lags);
  return all === null ? '-' : `${all.p50} / ${all.p99}`;
};
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const MIB = 1_024 * 1_024;

async function capacity(): Promise<void> {
  const rows: string[][] = [];
  for (const [name, contender] of [
    ['JSON', JSON_100MS],
    ['binary', BINARY_100MS],
  ] as const) {
    for (const connections of values.steps.split(',').map(Number)) {
      const done = await play(contender, connections);
      const { server, clients } = done;
      const share = clients.carried / ((server.events * connections * 5) / SYMBOLS);
      rows.push([
        name,
        String(connections),
        ages(done),
        percent(share),
        percent(server.cpuSeconds / server.wallSeconds),
        percent(clients.cpuSeconds / server.wallSeconds),
        ((server.rss.largest - server.rss.before) / MIB).toFixed(0),
      ]);
      const p99 = percentilesOf(clients.lags)?.p99 ?? Infinity;
      if (p99 >= BOUND_MS || share < CARRIED_SHARE) break;
    }
  }
  const head = [
    'form',
    'connections',
    'age p50 / p99 ms',
    'carried',
    'of a core',
    'clients',
    'MiB more',
  ];
  print('capacity', tableOf(head, rows));
}

async function quiet(): Promise<void> {
  const rows: string[][] = [];
  for (const connections of [100, 1_000]) {
    const done = await play(JSON_100MS, connections, { isQuiet: true, seconds: 8 });
    rows.push([String(connections), ages(done), String(done.clients.lags.length)]);
  }
  print('quiet symbol', tableOf(['connections', 'age p50 / p99 ms', 'changes seen'], rows));
}

async function stuck(): Promise<void> {
  const rows: string[][] = [];
  for (const tier of ['100ms', 'raw']) {
    for (const deaf of [0, 20]) {
      const done = await play({ ...JSON_100MS, tier }, 100, { deaf, seconds: STUCK_SECONDS });
      const { rss, gone } = done.server;
      rows.push([
        tier,
        String(deaf),
        ages(done),
        gone.count === 0
          ? '-'
          : `${gone.count}, the last after ${(gone.afterMs / 1_000).toFixed(1)} s`,
        ((rss.largest - rss.before) / MIB).toFixed(1),
        ((rss.after - rss.before) / MIB).toFixed(1),
      ]);
    }
  }
  const head = [
    'tier',
    'stuck',
    'age p50 / p99 ms of the 100',
    'ended',
    'MiB more at most',
    'after',
  ];
  print('stuck', tableOf(head, rows));
}

async function sizes(): Promise<void> {
  const stream = generateStream(SYMBOLS, 5_000);
  const rows: string[][] = [];
  for (const depth of [25, 200]) {
    for (const tier of BOOK_TIERS) {
      const perSecond = async (contender: Contender): Promise<number> => {
        const { clients } = await play({ ...contender, tier }, 20, { depth });
        return clients.bytes / 20 / 4 / 5;
      };
      const [json, binary] = [await perSecond(JSON_100MS), await perSecond(BINARY_100MS)];
      rows.push([`book of ${depth} at ${tier}, and trades`, bytes(json), bytes(binary)]);
    }
  }
  const venue = venueBytes(stream, 5);
  rows.push(['depthUpdate each 100 ms, and trade', bytes(venue), '-']);
  print('bytes of one symbol a second', tableOf(['stream', 'JSON', 'binary'], rows));
}

async function alone(): Promise<void> {
  // What both do before the stream begins is not part of the difference.
  const [short, long] = [1_000, 61_000].map((ms) => {
    const start = process.threadCpuUsage();
    const count = generateStream(SYMBOLS, ms).events.length;
    const { user, system } = process.threadCpuUsage(start);
    return { count, seconds: (user + system) / 1e6 };
  });
  if (short === undefined || long === undefined) return;
  const simulated = (long.count - short.count) / (long.seconds - short.seconds);
  const { server } = await play(JSON_100MS, 0, { seconds: 10 });
  print(
    'alone',
    `${server.events / 10} events/s of ${SYMBOLS} symbols and nobody connected: ` +
      `${((100 * server.cpuSeconds) / server.wallSeconds).toFixed(1)} % of a core\n` +
      `the simulator: ${rateText(simulated)} events a second of CPU`,
  );
}

function bytes(count: number): string {
  return `${(count / 1_000).toFixed(2)} kB`;
}

function print(title: string, text: string): void {
  process.stdout.write(`${title}\n\n${text}\n\n`);
}

process.stdout.write(`${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.version}\n\n`);
try {
  for (const [name, mode] of Object.entries({ capacity, quiet, stuck, sizes, alone }))
    if (name.includes(values.only)) await mode();
} finally {
  rmSync(folder, { recursive: true });
}
