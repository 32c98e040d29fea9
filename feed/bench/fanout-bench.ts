/*
 * `npm run bench -- fanout [options]`: one market to many browsers, the product compared with the obvious servers.
 *
 *   --connections N   how many (100)            --lists own       a separate list of symbols for each client
 *   --runs N          runs of each server (3)   --depth N         of the product's books (25)
 *   --seconds N       measured in each run (8)  --only TEXT       servers whose name contains it
 *   --profile DIR     a CPU profile of each server
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { summarise, tableOf } from '../../market/bench/measure.ts';
import { percentilesOf } from '../src/status/percentiles.ts';
import { CONTENDERS, type Run, run, streamMs, SYMBOLS, SYMBOLS_PER_CLIENT } from './fanout-run.ts';
import { generateStream, writeStream } from './fanout-stream.ts';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '100' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    lists: { type: 'string', default: 'shared' },
    depth: { type: 'string', default: '25' },
    only: { type: 'string', default: '' },
    profile: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const folder = mkdtempSync(join(tmpdir(), 'tapedeck-fanout-'));
const streamFile = join(folder, 'stream.ndjson');
const stream = generateStream(SYMBOLS, streamMs(seconds));
writeStream(stream, streamFile);

const chosen = Object.entries(CONTENDERS).filter(([name]) => name.includes(values.only));
if (chosen.length === 0) {
  const names = Object.keys(CONTENDERS).join('; ');
  throw new Error(`--only ${values.only}: no server has that in its name. There are: ${names}`);
}
const runs = new Map<string, Run[]>(chosen.map(([name]) => [name, []]));
try {
  // In turn, so that a busy minute of the machine affects all of them.
  for (let i = 0; i < Number(values.runs); i++) {
    for (const [name, contender] of chosen) {
      const done = await run(contender, {
        streamFile,
        connections,
        seconds,
        depth: Number(values.depth),
        lists: values.lists === 'own' ? 'own' : 'shared',
        profile: values.profile,
      });
      runs.get(name)?.push(done);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

const perMillion = ({ server, clients }: Run): number =>
  server.cpuSeconds / (clients.carried / 1e6);
let baseline: number | undefined;
const rows = chosen.map(([name]) => {
  const mine = runs.get(name) ?? [];
  const cpu = mine.map(perMillion).toSorted((a, b) => a - b);
  const { median } = summarise(cpu);
  baseline ??= median;
  const middle = (of: (run: Run) => number): number => summarise(mine.map(of)).median;
  const lags = mine.map(({ clients }) => percentilesOf(clients.lags));
  const p50 = summarise(lags.map((each) => each?.p50 ?? Number.NaN)).median;
  const p99 = summarise(lags.map((each) => each?.p99 ?? Number.NaN)).median;
  return [
    name,
    `${median.toFixed(3)} (${cpu[0]?.toFixed(3)} - ${cpu.at(-1)?.toFixed(3)})`,
    `${(baseline / median).toFixed(1)}x`,
    middle(({ clients }) => clients.bytes / clients.carried).toFixed(1),
    `${p50} / ${p99}`,
    `${(100 * middle(({ server }) => server.cpuSeconds / server.wallSeconds)).toFixed(0)} %`,
    `${middle(({ clients }) => clients.carried / 1e6).toFixed(2)}M`,
    `${middle(({ clients }) => clients.frames / 1e3).toFixed(0)}k`,
    `${middle(({ clients, server }) => (100 * clients.cpuSeconds) / server.wallSeconds).toFixed(0)} %`,
  ];
});
const events = Math.round(stream.events.length / (streamMs(seconds) / 1_000));
process.stdout.write(
  `${connections} connections of ${SYMBOLS_PER_CLIENT} symbols (${values.lists} lists), ${SYMBOLS} symbols, ` +
    `${events} events/s for ${seconds} s, ${values.runs} runs; ` +
    `${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.version}\n\n` +
    `${tableOf(
      [
        'server',
        'CPU s per million carried',
        'less CPU',
        'bytes/event',
        'age p50 / p99 ms',
        'of a core',
        'carried',
        'frames',
        'clients',
      ],
      rows,
    )}\n`,
);
