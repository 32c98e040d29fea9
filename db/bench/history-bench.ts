/* `npm run bench -- history [--deltas N] [--runs N]`: the history compared with three obvious ways to store it. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { percentileOf } from '@tapedeck/market/number/percentile';
import { Random } from '@tapedeck/market/number/random';

import { type BookWorkload, makeBookWorkload } from '../../market/bench/book-workload.ts';
import { rateText, summarise, tableOf } from '../../market/bench/measure.ts';
import type { MeasuredStore } from './measured-store.ts';
import { ndjsonStore } from './ndjson-store.ts';
import { drizzleStore, preparedStore } from './row-stores.ts';
import { segmentStore } from './segment-store.ts';

const SEED = 7;
/** As deep as the simulator's own books. */
const LEVELS = 200;
const STORES = [segmentStore, drizzleStore, preparedStore, ndjsonStore];
/** A scan reads everything before its time, so a few seeks are enough. */
const SEEKS = { keyframe: 1_000, scan: 5 } as const;

/** Seeks are too short for the CPU clock: wall time, and the best of three tries, which was interrupted least. */
const SEEK_ATTEMPTS = 3;

type Figures = {
  readonly written: readonly number[];
  readonly replayed: readonly number[];
  readonly bytes: number;
  /** Milliseconds, ascending. */
  readonly seeks: readonly number[];
};

/** Seconds of CPU of this thread, which does all of the work: the machine may be shared. */
function cpuSeconds(work: () => void): number {
  globalThis.gc?.();
  const start = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1e6;
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

function measureStore(store: MeasuredStore, workload: BookWorkload, runs: number): Figures {
  const { snapshot, deltas } = workload;
  const last = deltas.at(-1) ?? snapshot;
  const written: number[] = [];
  const replayed: number[] = [];
  let bytes = 0;
  let seeks: readonly number[] = [];
  for (let run = 0; run < runs; run++) {
    const folder = mkdtempSync(join(tmpdir(), 'tapedeck-bench-'));
    try {
      written.push(cpuSeconds(() => store.write(folder, snapshot, deltas)));
      bytes = bytesIn(folder);
      replayed.push(
        cpuSeconds(() => {
          const reached = store.replay(folder);
          if (reached !== last.sequence)
            throw new Error(`${store.name} reached ${reached}, not ${last.sequence}`);
        }),
      );
      if (run === runs - 1) seeks = measureSeeks(store, folder, snapshot.eventTime, last.eventTime);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { written, replayed, bytes, seeks };
}

function measureSeeks(
  store: MeasuredStore,
  folder: string,
  from: number,
  to: number,
): readonly number[] {
  const random = new Random(SEED);
  const seeker = store.seeker(folder);
  const times: number[] = [];
  for (let i = 0; i < SEEKS[store.seeks]; i++) {
    const at = random.integer(from + 1, to);
    let best = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < SEEK_ATTEMPTS; attempt++) {
      const start = performance.now();
      seeker.bestBidBefore(at);
      best = Math.min(best, performance.now() - start);
    }
    times.push(best);
  }
  seeker.close();
  return times.toSorted((a, b) => a - b);
}

function seekText({ seeks }: Pick<Figures, 'seeks'>): string {
  return [0.5, 0.99].map((share) => (percentileOf(seeks, share) ?? 0).toFixed(2)).join(' / ');
}

function main(): void {
  const { values } = parseArgs({
    options: {
      deltas: { type: 'string', default: '250000' },
      runs: { type: 'string', default: '3' },
    },
  });
  const runs = Number(values.runs);
  const workload = makeBookWorkload(SEED, Number(values.deltas), LEVELS);
  const { events, deltas } = workload;
  const hours = (((deltas.at(-1)?.eventTime ?? 0) - workload.snapshot.eventTime) / 3.6e6).toFixed(
    1,
  );
  const cpu = cpus();
  process.stdout.write(
    `${cpu[0]?.model ?? 'unknown'} x ${cpu.length}, Node ${process.versions.node}, medians of ${runs}, CPU time of one thread, seeks in wall time (best of ${SEEK_ATTEMPTS})\n` +
      `${events.toLocaleString('en-US')} level changes in ${deltas.length.toLocaleString('en-US')} deltas, ${hours} h of one market at 10 deltas a second, ${LEVELS} levels a side, seed ${SEED}\n\n`,
  );
  const rows = STORES.map((store) => {
    const figures = measureStore(store, workload, runs);
    const write = summarise(figures.written);
    const replay = summarise(figures.replayed);
    return [
      store.name,
      `${rateText(events / write.median)} ±${Math.round(write.spread * 50)} %`,
      (figures.bytes / events).toFixed(1),
      `${rateText(events / replay.median)} ±${Math.round(replay.spread * 50)} %`,
      `${seekText(figures)}${store.seeks === 'scan' ? ' (scan)' : ''}`,
    ];
  });
  const head = ['store', 'written/s', 'bytes/event', 'replayed/s', 'seek p50 / p99 ms'];
  process.stdout.write(`${tableOf(head, rows)}\n`);
}

main();
