/* `pnpm bench fanout [--connections N] [--seconds N]`: one market to many browsers, beside two plain servers. */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

import { tableOf } from '../../market/bench/measure.ts';
import { percentilesOf } from '../src/status/percentiles.ts';
import type { ClientsOrder, ClientsReport } from './fanout-clients.ts';
import { SERVERS } from './fanout-servers.ts';
import { FanoutSource } from './fanout-source.ts';

const SEED = 7;
const SYMBOLS = 20;
const SYMBOLS_PER_CLIENT = 5;
const EVENTS_PER_SECOND = 410 * SYMBOLS;
const TICK_MS = 10;
/** Connections settle, first values arrive, code is compiled. */
const WARM_UP_MS = 1_500;
/** A server that is behind gets so long to deliver what it was given. */
const DRAIN_MS = 15_000;
const POLL_MS = 100;

type Figures = {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly report: ClientsReport;
};

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '4' },
  },
});
const connections = Number(values.connections);
const seconds = Number(values.seconds);

async function measured(server: (typeof SERVERS)[number]): Promise<Figures> {
  const source = new FanoutSource(SYMBOLS, SEED);
  const running = await server.open(source);
  const order: ClientsOrder = {
    url: running.url,
    channels: Array.from({ length: connections }, (_, client) =>
      Array.from({ length: SYMBOLS_PER_CLIENT }, (__, i) =>
        running.channels(source.symbols[(client * SYMBOLS_PER_CLIENT + i) % SYMBOLS] ?? ''),
      ).flat(),
    ),
  };
  const clients = new Worker(new URL('fanout-clients.ts', import.meta.url), { workerData: order });
  await once(clients, 'message');
  const ask = async (what: 'reset' | 'report'): Promise<unknown> => {
    clients.postMessage(what);
    const [answer] = (await once(clients, 'message')) as [unknown];
    return answer;
  };
  const emit = async (ms: number): Promise<void> => {
    const start = Date.now();
    const total = Math.round((ms / 1_000) * EVENTS_PER_SECOND);
    for (let sent = 0; sent < total;) {
      const due = Math.min(total, ((Date.now() - start) / 1_000) * EVENTS_PER_SECOND);
      for (; sent < due; sent++) running.take(source.next(Date.now()));
      await setTimeout(TICK_MS);
    }
  };
  const drain = async (): Promise<void> => {
    for (let waited = 0; waited < DRAIN_MS; waited += POLL_MS) {
      await setTimeout(POLL_MS);
      if (waited > POLL_MS * 3 && running.bufferedBytes() === 0) break;
    }
  };
  await emit(WARM_UP_MS);
  await drain();
  await ask('reset');
  const wall = performance.now();
  const cpu = process.threadCpuUsage();
  await emit(seconds * 1_000);
  await drain();
  const { user, system } = process.threadCpuUsage(cpu);
  const wallSeconds = (performance.now() - wall) / 1_000;
  const report = (await ask('report')) as ClientsReport;
  running.close();
  await clients.terminate();
  return { cpuSeconds: (user + system) / 1e6, wallSeconds, report };
}

const rows: string[][] = [];
let baseline: number | undefined;
for (const server of SERVERS) {
  const { cpuSeconds, wallSeconds, report } = await measured(server);
  const perMillion = cpuSeconds / (report.carried / 1e6);
  baseline ??= perMillion;
  const lag = percentilesOf(report.lags);
  rows.push([
    server.name,
    `${(report.carried / 1e6).toFixed(2)}M`,
    perMillion.toFixed(3),
    `${(baseline / perMillion).toFixed(1)}x`,
    `${((100 * cpuSeconds) / wallSeconds).toFixed(0)} %`,
    (report.bytes / report.carried).toFixed(1),
    lag === null ? '-' : `${lag.p50} / ${lag.p99}`,
  ]);
}
process.stdout.write(
  `${connections} connections of ${SYMBOLS_PER_CLIENT} symbols, ${SYMBOLS} symbols, ` +
    `${EVENTS_PER_SECOND} events/s for ${seconds} s\n\n` +
    `${tableOf(
      [
        'server',
        'carried',
        'CPU s per million carried',
        'less CPU',
        'of a core',
        'bytes/event',
        'lag p50 / p99 ms',
      ],
      rows,
    )}\n`,
);
process.exit(0);
