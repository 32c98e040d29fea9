/*
 * `pnpm soak [--minutes 10] [--seed 1] [--heap DIR]`: the real feed for a while under everything that happens to it. Clients of all
 * tiers and forms; some of them harmed by the chaos switch, some that stop reading, some whose cable is pulled, some on
 * server-sent events; sources that lose, fall silent and cross; scenarios that change. Every book is held against a
 * reference, the reference against `GET /v1/book`. It ends with a summary, and with 1 where something did not hold. With
 * `--heap` there are heap snapshots of the feed after half of the time and at the end.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Random } from '@tapedeck/market/random';
import { BOOK_TIERS } from '@tapedeck/market/wire/channel';
import { VENUE_FAULTS } from '@tapedeck/market/wire/chaos';
import { bookSchema } from '@tapedeck/market/wire/http';

import { TestLink } from '../src/test-link.ts';
import { BookTruth, type Sides } from './book-truth.ts';
import { MemorySlope } from './memory-slope.ts';
import { SoakFeed } from './soak-feed.ts';

const SYMBOLS = ['BTC-USD@sim', 'ETH-USD@sim'] as const;
const DEPTH = 25;
const SCENARIOS = [
  'burst',
  'flash-crash',
  'exchange-restart',
  'gap',
  'crossed',
  'halt',
  'tick-size-change',
  'thin-book',
  'normal',
];
const CHECK_MS = 1_000;
/** Each sample of the memory costs the feed a full collection. */
const MEMORY_MS = 10_000;
const VENUE_FAULT_MS = 25_000;
const SCENARIO_MS = 45_000;
const CUT_MS = 9_000;
const PAUSE_MS = 13_000;
/** Comparisons that wait for their reference; older ones are given up, and counted. */
const MAX_WAITING = 5_000;
const MAX_SLOPE = 1;
/** After the last fault everything must be right within this. */
const CALM_MS = 45_000;

type Kind = 'plain' | 'harmed' | 'slow' | 'cut' | 'sse';
type Client = {
  readonly kind: Kind;
  readonly link: TestLink;
  readonly book: string;
  readonly symbol: string;
  readonly depth: number;
  harmed: string | undefined;
};
/** A book that said it was ok, until it can be held against its reference. */
type Waiting = {
  readonly symbol: string;
  readonly who: string;
  readonly epoch: string;
  readonly sequence: number;
  readonly sides: Sides;
  readonly depth: number;
};

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

const random = new Random(seed);
const feed = await SoakFeed.start(seed);
const heap = await feed.openHeap();
const truths = new Map(SYMBOLS.map((symbol) => [symbol as string, new BookTruth()]));
const references = SYMBOLS.map((symbol, index) => {
  const name = `book:${symbol}:${DEPTH}:raw`;
  const link = new TestLink({
    url: feed.stream,
    seed: 90 + index,
    channels: [name],
    address: '10.9.0.1',
  });
  link.onBook = ({ mirror }, message) => {
    if (mirror !== undefined) truths.get(symbol)?.add(mirror, message);
  };
  return { link, name, symbol };
});
const clients = makeClients();
const waiting: Waiting[] = [];
const memory = new MemorySlope();
const wrong: string[] = [];
const counts = {
  compared: 0,
  unknown: 0,
  served: 0,
  cuts: 0,
  pauses: 0,
  venueFaults: 0,
  scenarios: 0,
  events: 0,
};
const startedAt = Date.now();
const endAt = startedAt + minutes * 60_000;

process.stdout.write(`soak: ${clients.length} clients, ${minutes} min, seed ${seed}\n`);
const readers = [0, 1, 2, 3].map((index) => readEvents(index));
let next = {
  memory: startedAt,
  half: startedAt + (endAt - startedAt) / 2,
  venue: startedAt + VENUE_FAULT_MS,
  scenario: startedAt + SCENARIO_MS,
  cut: startedAt + CUT_MS,
  pause: startedAt + PAUSE_MS,
};
while (Date.now() < endAt && feed.exit === undefined) {
  const now = Date.now();
  await trouble(now);
  observe();
  await sample(now);
  settle();
  await pause(CHECK_MS);
}
await calm();
await report();

function makeClients(): Client[] {
  const made: Client[] = [];
  const add = (kind: Kind, form: 'json' | 'binary' | 'sse', tier: string, symbol: string): void => {
    const depth = made.length % 2 === 0 ? 10 : DEPTH;
    const book = `book:${symbol}:${depth}:${tier}`;
    const channels = [book, `trades:${symbol}`, `ticker:${symbol}`, `candles:${symbol}:1s`];
    const address = `10.0.0.${made.length}`;
    const link = new TestLink({
      url: feed.stream,
      seed: seed + made.length,
      channels,
      form,
      address,
    });
    made.push({ kind, link, book, symbol, depth, harmed: undefined });
  };
  const kinds: readonly Kind[] = ['plain', 'harmed', 'slow', 'cut'];
  for (const [index, tier] of BOOK_TIERS.entries())
    for (const [place, kind] of kinds.entries()) {
      add(kind, 'json', tier, SYMBOLS[index % 2] ?? SYMBOLS[0]);
      add(kind, 'binary', tier, SYMBOLS[place % 2] ?? SYMBOLS[0]);
    }
  for (const tier of ['raw', '100ms', '1s']) add('sse', 'sse', tier, SYMBOLS[0]);
  return made;
}

/** What happens to the feed and to its clients. */
async function trouble(now: number): Promise<void> {
  for (const client of clients) {
    const id = client.link.connection;
    if (client.kind !== 'harmed' || id === undefined || id === client.harmed) continue;
    const faults = { drop: 0.01, duplicate: 0.01, reorder: 0.01, corrupt: 0.005, stallMs: 2_000 };
    // Gone again already, where it is not known.
    if ((await feed.chaos({ target: 'connection', connection: id, faults })) === 200)
      client.harmed = id;
  }
  if (now >= next.venue) {
    next = { ...next, venue: now + VENUE_FAULT_MS };
    const fault = random.pick(VENUE_FAULTS);
    const symbol = random.pick(SYMBOLS);
    if ((await feed.chaos({ target: 'symbol', symbol, fault, forMs: 7_000 })) === 200)
      counts.venueFaults++;
  }
  if (now >= next.scenario) {
    next = { ...next, scenario: now + SCENARIO_MS };
    await feed.post('/v1/simulation', { scenario: random.pick(SCENARIOS) });
    counts.scenarios++;
  }
  if (now >= next.cut) {
    next = { ...next, cut: now + CUT_MS };
    random.pick(clients.filter(({ kind }) => kind === 'cut' || kind === 'sse')).link.cut();
    counts.cuts++;
  }
  if (now >= next.pause) {
    next = { ...next, pause: now + PAUSE_MS };
    const { link } = random.pick(clients.filter(({ kind }) => kind === 'slow'));
    link.pause();
    counts.pauses++;
    setTimeout(() => link.resume(), random.integer(1_000, 12_000));
  }
}

/** Takes down every book that says it is ok, to be held against the reference once that is further on. */
function observe(): void {
  for (const { link, book, symbol, kind, depth } of clients) {
    if (!link.hasWholeTapes) wrong.push(`trades lost in silence: ${kind} ${book}`);
    const { phase, mirror } = link.channel(book);
    if (phase !== 'ok' || mirror === undefined) continue;
    const { epoch, book: held } = mirror;
    const sides = { bids: held.bids.top(), asks: held.asks.top() };
    const { sequence } = held;
    waiting.push({ symbol, who: `${kind} ${book}`, epoch, sequence, sides, depth });
  }
}

async function sample(now: number): Promise<void> {
  if (now >= next.memory) {
    next = { ...next, memory: now + MEMORY_MS };
    memory.add(now, await heap.liveBytes());
  }
  if (now >= next.half) {
    next = { ...next, half: Number.POSITIVE_INFINITY };
    await saveHeap('half');
  }
  for (const symbol of SYMBOLS) {
    const body = await feed.get(`/v1/book?symbol=${symbol}&depth=${DEPTH}`);
    const served = bookSchema.safeParse(body);
    // A book that waits for its snapshot is not served.
    if (!served.success) continue;
    const { epoch, sequence, bids, asks } = served.data;
    const who = `GET /v1/book ${symbol}`;
    waiting.push({ symbol, who, epoch, sequence, sides: { bids, asks }, depth: DEPTH });
    counts.served++;
  }
}

async function saveHeap(name: string): Promise<void> {
  if (values.heap !== undefined) await heap.save(join(values.heap, `${name}.heapsnapshot`));
}

function settle(): void {
  for (const each of waiting.splice(0)) {
    const { symbol, who, epoch, sequence, sides, depth } = each;
    const verdict = truths.get(symbol)?.judge(epoch, sequence, sides, depth);
    if (verdict === undefined) waiting.push(each);
    else if (verdict === 'unheard') counts.unknown++;
    else {
      counts.compared++;
      if (verdict !== 'right')
        wrong.push(`wrong and ok: ${who} at ${epoch}/${sequence}: ${verdict.wrong}`);
    }
  }
  // The reference was reconnecting, or the life of the stream ended meanwhile.
  while (waiting.length > MAX_WAITING) {
    waiting.shift();
    counts.unknown++;
  }
}

/** Faults end; everything must come right by itself, and be what the feed says. */
async function calm(): Promise<void> {
  if (feed.exit !== undefined) return;
  await feed.post('/v1/simulation', { scenario: 'normal' });
  for (const { link } of clients) link.resume();
  for (const { harmed } of clients)
    if (harmed !== undefined)
      await feed.chaos({
        target: 'connection',
        connection: harmed,
        faults: { drop: 0, duplicate: 0, reorder: 0, corrupt: 0, stallMs: 0 },
      });
  const deadline = Date.now() + CALM_MS;
  const all = [...clients, ...references.map(({ link }) => ({ link }))];
  while (Date.now() < deadline && !all.every(({ link }) => link.isRight)) await pause(100);
  for (const client of clients) {
    const bad = [...client.link.link.channels].filter(({ phase }) => phase !== 'ok');
    for (const { name, phase, detail } of bad)
      wrong.push(
        `not right ${CALM_MS / 1_000} s after the last fault: ${client.kind} ${name} ${phase} ${detail}`,
      );
  }
  for (let i = 0; i < 5; i++) {
    observe();
    await sample(Date.now());
    await pause(CHECK_MS);
    settle();
  }
}

async function report(): Promise<never> {
  const metrics = feed.exit === undefined ? await feed.metrics() : new Map<string, number>();
  const sum = (name: string): number =>
    [...metrics].reduce(
      (total, [series, value]) =>
        series === name || series.startsWith(`${name}{`) ? total + value : total,
      0,
    );
  const slope = memory.slope(startedAt + (endAt - startedAt) / 2);
  if (feed.exit === undefined) await saveHeap('end');
  heap.close();
  for (const { link } of [...clients, ...references]) link.stop();
  for (const stop of readers) stop();
  await feed.stop();
  const trades = clients.reduce((total, { link }) => total + link.trades, 0);
  const lost = clients.reduce((total, { link }) => total + link.lostTrades, 0);
  const resyncs = clients.reduce((total, { link }) => total + link.link.resyncs, 0);
  const reconnects = clients.reduce(
    (total, { link }) => total + Math.max(0, link.attempts.length - 1),
    0,
  );
  const problems = [...new Set(wrong)];
  if (feed.exit !== undefined && feed.exit !== 0) problems.push(`the feed ended: ${feed.exit}`);
  if (sum('audit_mismatches_total') > 0)
    problems.push(`${sum('audit_mismatches_total')} audit mismatches`);
  if (sum('audits_total') === 0 && minutes >= 2) problems.push('the feed audited nothing');
  if (slope > MAX_SLOPE) problems.push(`the memory grows by ${slope.toFixed(2)} MB a minute`);
  if (counts.compared < minutes * 500) problems.push(`only ${counts.compared} books were compared`);
  problems.push(...feed.errors.slice(0, 10).map((line) => `log: ${line}`));
  const lines = [
    `books compared     ${counts.compared} (${counts.served} of them from GET /v1/book, ${counts.unknown} without a reference)`,
    `trades             ${trades} came, ${lost} said to be lost`,
    `faults             ${sum('chaos_faults_total')} injected, ${counts.venueFaults} of them in what a source delivers`,
    `clients            ${resyncs} resyncs, ${reconnects} reconnects, ${counts.cuts} cuts, ${counts.pauses} pauses`,
    `feed               ${sum('gaps_total')} gaps, ${sum('slowed_total')} slowed, ${sum('slow_closed_total')} closed as too slow`,
    `scenarios          ${counts.scenarios} changes`,
    `audits             ${sum('audits_total')}, ${sum('audit_mismatches_total')} mismatches`,
    `events             ${counts.events} bytes of server-sent events`,
    `memory alive       ${slope.toFixed(2)} MB a minute in the last half: ${memory.megabytes.join(' ')}; ${(sum('memory_bytes') / 1e6).toFixed(0)} MB resident`,
    `log                ${feed.errors.length} errors`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  for (const problem of problems.slice(0, 30)) process.stdout.write(`FAILED ${problem}\n`);
  process.stdout.write(
    problems.length === 0
      ? 'soak: everything held\n'
      : `soak: ${problems.length} things did not hold\n`,
  );
  process.exit(problems.length === 0 ? 0 : 1);
}

/** Reads server-sent events, leaves in the middle of a stream, and comes back. Returns how to stop. */
function readEvents(index: number): () => void {
  let stop = new AbortController();
  let isOver = false;
  void (async () => {
    while (!isOver) {
      stop = new AbortController();
      const cancel = setTimeout(() => stop.abort(), 5_000 + 4_000 * index);
      try {
        const response = await fetch(`${feed.base}/v1/events`, { signal: stop.signal });
        for await (const chunk of response.body ?? [])
          counts.events += (chunk as Uint8Array).length;
      } catch {
        // Left, or not let in.
      }
      clearTimeout(cancel);
      await pause(500);
    }
  })();
  return () => {
    isOver = true;
    stop.abort();
  };
}
