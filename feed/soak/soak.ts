/*
 * `pnpm soak [--minutes 10] [--seed 1] [--heap DIR]`: the real feed for a while under every fault. Clients of all
 * tiers and forms: some with injected faults, some that stop reading, some that are disconnected, some on server-sent
 * events; sources that lose updates, fall silent and cross; scenarios that change. Every book is compared with a
 * reference, the reference with `GET /v1/book`. It ends with a summary, and with status 1 if something was wrong.
 * With `--heap` it writes heap snapshots of the feed after half of the time and at the end.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Random } from '@tapedeck/market/number/random';

import { EventReaders } from './event-readers.ts';
import { MemorySlope } from './memory-slope.ts';
import { soakClients } from './soak-clients.ts';
import { SoakComparison } from './soak-comparison.ts';
import { SoakFeed } from './soak-feed.ts';
import { soakReport } from './soak-report.ts';
import { SoakTrouble } from './soak-trouble.ts';

const CHECK_MS = 1_000;
/** Each sample of the memory costs the feed a full collection. */
const MEMORY_MS = 10_000;
/** After the last fault everything must be right within this time. */
const CALM_MS = 45_000;
/** Checks of the books once all is calm. */
const LAST_CHECKS = 5;
const TOLD_PROBLEMS = 30;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    heap: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write('usage: pnpm soak [--minutes 10] [--seed 1] [--heap DIR]\n');
  process.exit(2);
}

const feed = await SoakFeed.start(seed);
const heap = await feed.openHeap();
const comparison = new SoakComparison(feed);
const clients = soakClients(feed.stream, seed);
const memory = new MemorySlope();
const startedAt = Date.now();
const endAt = startedAt + minutes * 60_000;
const halfAt = startedAt + (endAt - startedAt) / 2;
const trouble = new SoakTrouble(feed, clients, new Random(seed), startedAt);

process.stdout.write(`soak: ${clients.length} clients, ${minutes} min, seed ${seed}\n`);
const readers = new EventReaders(feed.base);
let nextMemory = startedAt;
let isHalfSaved = false;
while (Date.now() < endAt && feed.exit === undefined) {
  const now = Date.now();
  await trouble.step(now);
  comparison.observe(clients);
  await sample(now);
  comparison.settle();
  await pause(CHECK_MS);
}
await calm();
await report();

async function sample(now: number): Promise<void> {
  if (now >= nextMemory) {
    nextMemory = now + MEMORY_MS;
    memory.add(now, await heap.liveBytes());
  }
  if (now >= halfAt && !isHalfSaved) {
    isHalfSaved = true;
    await saveHeap('half');
  }
  await comparison.ask();
}

async function saveHeap(name: string): Promise<void> {
  if (values.heap !== undefined) await heap.save(join(values.heap, `${name}.heapsnapshot`));
}

/** Faults end; everything must recover by itself, and equal the feed's state. */
async function calm(): Promise<void> {
  if (feed.exit !== undefined) return;
  await trouble.end();
  const deadline = Date.now() + CALM_MS;
  const links = [...clients.map(({ link }) => link), ...comparison.references];
  while (Date.now() < deadline && !links.every(({ isRight }) => isRight)) await pause(100);
  for (const { kind, link } of clients) {
    const bad = [...link.link.channels].filter(({ phase }) => phase !== 'ok');
    for (const { name, phase, detail } of bad)
      comparison.wrong.push(
        `not right ${CALM_MS / 1_000} s after the last fault: ${kind} ${name} ${phase} ${detail}`,
      );
  }
  for (let i = 0; i < LAST_CHECKS; i++) {
    comparison.observe(clients);
    await sample(Date.now());
    await pause(CHECK_MS);
    comparison.settle();
  }
}

async function report(): Promise<never> {
  const metrics = feed.exit === undefined ? await feed.metrics() : new Map<string, number>();
  const slopeMb = memory.slope(halfAt);
  if (feed.exit === undefined) await saveHeap('end');
  heap.close();
  for (const { link } of clients) link.stop();
  for (const link of comparison.references) link.stop();
  readers.stop();
  await feed.stop();
  const run = { minutes, feed, metrics, clients, comparison, trouble, readers, memory, slopeMb };
  const { lines, problems } = soakReport(run);
  process.stdout.write(`${lines.join('\n')}\n`);
  for (const problem of problems.slice(0, TOLD_PROBLEMS))
    process.stdout.write(`FAILED ${problem}\n`);
  process.stdout.write(
    problems.length === 0
      ? 'soak: everything held\n'
      : `soak: ${problems.length} things did not hold\n`,
  );
  process.exit(problems.length === 0 ? 0 : 1);
}
