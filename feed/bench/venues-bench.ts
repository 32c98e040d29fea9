/*
 * `pnpm bench venues`: what live venues cost.
 *
 *   message   CPU of a depth message from its text to the applied book, beside `JSON.parse` of the same text
 *   speed     20 markets of recorded Binance traffic at ten times real time, on one thread: does the lag grow?
 *   many      60 markets of five venues in one feed over real sockets: memory, delays of the event loop, and the time
 *             from the first opened socket to the first live book; the venues are doubles in a process of their own
 *
 * The first two read the nights of the fixtures folder, or the excerpts if it is absent.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { Random } from '@tapedeck/market/number/random';

import { measure, summarise, tableOf } from '../../market/bench/measure.ts';
import { readConfig } from '../src/config/config.ts';
import { Ingest } from '../src/engine/ingest.ts';
import { MarketEngine } from '../src/engine/market-engine.ts';
import { startFeed } from '../src/feed.ts';
import { createLog } from '../src/machine/log.ts';
import { SystemClock } from '../src/machine/system-clock.ts';
import { LiveBook } from '../src/source/venue/market/live-book.ts';
import { VenueSource } from '../src/source/venue/venue-source.ts';
import type {
  SocketListener,
  Wire,
  WireRequest,
  WireSocket,
} from '../src/source/venue/wire/wire.ts';
import { binanceSpot, binanceUsdm } from '../src/venue/binance/binance-live.ts';
import type { LiveVenue } from '../src/venue/live-venue.ts';
import type { Doubles } from './venue-doubles.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FIXTURES = process.env['TAPEDECK_FIXTURES'] ?? join(ROOT, '../shared/data');
const NIGHT = join(FIXTURES, 'binance_20240808');
const EXCERPTS = join(ROOT, 'feed/fixtures/binance-20240808');
const RUNS = 7;
const SPEED = 10;
const SPEED_SECONDS = 20;
const MANY_SECONDS = 30;
const COPIES = 5;
const TICK_MS = 5;

type Line = { readonly atMs: number; readonly stream: string; readonly text: string };
type Recording = {
  readonly venue: LiveVenue;
  readonly id: string;
  readonly snapshot: string;
  readonly lines: readonly Line[];
};

function recordingOf(venue: LiveVenue, id: string): Recording {
  const kind = venue === binanceSpot ? 'spot' : 'usdm';
  const night = join(NIGHT, kind, `${id.toLowerCase()}_20240808.gz`);
  const path = existsSync(night) ? night : join(EXCERPTS, `${kind}-ethusdt.gz`);
  let snapshot = '';
  const lines: Line[] = [];
  for (const line of gunzipSync(readFileSync(path)).toString().split('\n')) {
    const space = line.indexOf(' ');
    const text = line.slice(space + 1);
    const stream = /^\{"stream":"([^"]+)"/.exec(text)?.[1];
    if (stream === undefined) {
      if (text.includes('"lastUpdateId"')) snapshot ||= text;
    } else if (!stream.includes('bookTicker'))
      // The night was recorded on a faster stream; a feed subscribes to the one of 100 ms.
      lines.push({
        atMs: Number(BigInt(line.slice(0, space)) / 1_000n) / 1_000,
        stream: stream.replace(/@depth.*/, '@depth@100ms'),
        text,
      });
  }
  return { venue, id, snapshot, lines };
}

function messages(): void {
  const { venue, snapshot, lines } = recordingOf(binanceUsdm, 'BTCUSDT');
  const texts = lines.filter(({ stream }) => stream.includes('@depth')).map(({ text }) => text);
  const whole = venue.snapshot?.read(snapshot);
  if (whole === undefined || typeof whole === 'string' || whole.type !== 'snapshot')
    throw new Error('the recording has no snapshot');
  const apply = (): void => {
    const book = new LiveBook(venue.rule, true, { tickSize: '0.1', lotSize: '0.001' });
    book.snapshot(whole);
    for (const text of texts)
      for (const finding of venue.frame(text))
        if (finding.kind === 'event' && finding.event.type === 'diff') book.diff(finding.event);
    if (book.mark === undefined) throw new Error('the book was lost');
  };
  let parsed = 0;
  const parse = (): void => {
    for (const text of texts) parsed += typeof JSON.parse(text) === 'object' ? 1 : 0;
  };
  // In pairs, so that what disturbs one disturbs the other.
  const pairs = Array.from({ length: RUNS }, () => [measure(1, parse)[0], measure(1, apply)[0]]);
  const [plain, own] = [0, 1].map((i) => pairs.map((pair) => pair[i] ?? 0)) as [number[], number[]];
  const ratios = summarise(pairs.map(([base = 1, whole_ = 0]) => whole_ / base));
  const micros = (values: readonly number[]): string =>
    ((summarise(values).median / texts.length) * 1e6).toFixed(1);
  process.stdout.write(
    `${tableOf(
      [
        `${texts.length} depth messages`,
        'JSON.parse us',
        'to the applied book us',
        'ratio (spread)',
      ],
      [
        [
          ...['median of 7 pairs', micros(plain), micros(own)],
          `${ratios.median.toFixed(2)} (${ratios.spread.toFixed(2)})`,
        ],
      ],
    )}\n\n`,
  );
}

/** Recordings as sockets and requests, played at `SPEED`. */
class PlayedWire implements Wire {
  readonly #recordings: readonly Recording[];
  readonly #open: { readonly listener: SocketListener; readonly streams: Set<string> }[] = [];

  constructor(recordings: readonly Recording[]) {
    this.#recordings = recordings;
  }

  deliver({ stream, text }: Line): void {
    for (const { listener, streams } of this.#open) if (streams.has(stream)) listener.message(text);
  }

  dial(_: string, listener: SocketListener): WireSocket {
    const socket = { listener, streams: new Set<string>() };
    this.#open.push(socket);
    setImmediate(() => listener.opened());
    return {
      send: (text) => {
        const { params, id } = JSON.parse(text) as { params: string[]; id: number };
        for (const name of params) socket.streams.add(name);
        listener.message(JSON.stringify({ result: null, id }));
      },
      ping: () => listener.ponged(),
      pong: () => undefined,
      end: () => undefined,
    };
  }

  ask({ url }: WireRequest, done: Parameters<Wire['ask']>[1]): () => void {
    const id = new URL(url).searchParams.get('symbol');
    const found = /\/depth\?/.test(url)
      ? this.#recordings.find((each) => each.id === id)
      : undefined;
    setImmediate(() =>
      done(
        found === undefined
          ? { status: 404, text: '{}', retryAfter: undefined }
          : { status: 200, text: found.snapshot, retryAfter: undefined },
      ),
    );
    return () => undefined;
  }
}

async function speed(): Promise<void> {
  const recordings = [binanceSpot, binanceUsdm].flatMap((venue) =>
    ['BTCUSDT', 'ETHUSDT'].map((id) => recordingOf(venue, id)),
  );
  const clock = new SystemClock();
  const engines: MarketEngine[] = [];
  const wires: { readonly venue: LiveVenue; readonly wire: PlayedWire }[] = [];
  for (let copy = 0; copy < COPIES; copy++) {
    const engine = new MarketEngine({ clock, nextEpoch: () => 'e', candles: () => [] });
    const ingest = new Ingest(engine, () => undefined);
    engines.push(engine);
    for (const venue of [binanceSpot, binanceUsdm]) {
      const own = recordings.filter((each) => each.venue === venue);
      const wire = new PlayedWire(own);
      wires.push({ venue, wire });
      const wanted = [{ venue, origins: venue.origins, markets: own.map(({ id }) => id) }];
      new VenueSource({ wanted, wire, clock, random: new Random(copy) }).start(ingest.sink);
    }
  }
  await pause(1_000);
  const all = recordings
    .flatMap(({ venue, lines }) => {
      const from = lines[0]?.atMs ?? 0;
      return lines.map((line) => ({ venue, line, dueMs: (line.atMs - from) / SPEED }));
    })
    .toSorted((a, b) => a.dueMs - b.dueMs)
    .filter(({ dueMs }) => dueMs < SPEED_SECONDS * 1_000);
  const lags: number[] = [];
  const start = performance.now();
  const used = process.cpuUsage();
  let at = 0;
  while (at < all.length) {
    const now = performance.now() - start;
    for (let next = all[at]; next !== undefined && next.dueMs <= now; next = all[++at]) {
      for (const { venue, wire } of wires) if (venue === next.venue) wire.deliver(next.line);
      lags.push(performance.now() - start - next.dueMs);
    }
    await pause(TICK_MS);
  }
  const { user, system } = process.cpuUsage(used);
  const seconds = (performance.now() - start) / 1_000;
  const markets = engines.flatMap((engine) => [...engine.markets()]);
  const third = Math.floor(lags.length / 3);
  const p99 = (values: readonly number[]): string =>
    (values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0).toFixed(1);
  process.stdout.write(
    `${tableOf(
      ['markets', 'messages a second', 'CPU of one core', 'p99 lag ms, first third', 'last third'],
      [
        [
          `${markets.length}, ${markets.filter(({ ready }) => ready).length} with a book`,
          String(Math.round((lags.length * COPIES) / seconds)),
          `${Math.round((user + system) / 1e4 / seconds)} %`,
          p99(lags.slice(0, third)),
          p99(lags.slice(-third)),
        ],
      ],
    )}\n\n`,
  );
}

async function many(): Promise<void> {
  const child: ChildProcess = fork(fileURLToPath(new URL('venue-doubles.ts', import.meta.url)));
  const folder = mkdtempSync(join(tmpdir(), 'tapedeck-venues-bench-'));
  const [doubles] = (await once(child, 'message')) as [Doubles];
  const config = readConfig({
    TAPEDECK_PORT: '0',
    TAPEDECK_DB: join(folder, 'history.db'),
    TAPEDECK_SOURCE: doubles.source,
    TAPEDECK_VENUE_ENDPOINTS: doubles.endpoints,
  });
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const feed = await startFeed(config, new SystemClock(), createLog('silent'));
  const answers = async (path: string): Promise<boolean> =>
    (await fetch(`http://127.0.0.1:${feed.port}${path}`)).ok;
  while (!(await answers(`/v1/book?symbol=${encodeURIComponent(doubles.first)}`)))
    await pause(TICK_MS);
  const firstBook = Date.now();
  while (!(await answers('/readyz'))) await pause(20);
  const allOk = Date.now();
  child.send('dialled');
  const [dialled] = (await once(child, 'message')) as [number];
  delays.enable();
  await pause(MANY_SECONDS * 1_000);
  delays.disable();
  globalThis.gc?.();
  process.stdout.write(
    `${tableOf(
      ['60 markets, five venues', 'first book', 'all books ok', 'event loop p99', 'memory'],
      [
        [
          `${MANY_SECONDS} s, recorded`,
          `${firstBook - dialled} ms after the first socket`,
          `${allOk - dialled} ms`,
          `${(delays.percentile(99) / 1e6).toFixed(1)} ms`,
          `${Math.round(process.memoryUsage().rss / 1e6)} MB`,
        ],
      ],
    )}\n`,
  );
  await feed.close();
  child.kill();
  rmSync(folder, { recursive: true });
}

const [part] = process.argv.slice(2);
if (part !== undefined && !['message', 'speed', 'many'].includes(part))
  throw new Error(`${part} is not message, speed or many`);
if (part === undefined || part === 'many') await many();
if (part === undefined || part === 'message') messages();
if (part === undefined || part === 'speed') await speed();
process.exit();
