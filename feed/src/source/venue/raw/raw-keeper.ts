/*
 * Keeps what venues send, as it came (V15): `DIR/VENUE/HOUR_NAME.gz`, a new file each hour, in two forms that `import`
 * reads. Binance's responses do not name their market, so each of its markets has files of its own:
 *
 *   <receive time in ns> <frame or response>
 *
 * Of other venues each socket has files of its own, and all responses share one, as in a recorder's dump: a socket's
 * own counters stay whole.
 *
 *   ADDRESS <-> t            t: frame            ADDRESS -> t: response
 */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { RetentionLimits } from '@tapedeck/db/recording/retention';
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

import { RawFile } from './raw-file.ts';

const HOUR_MS = 3_600_000;
const FLUSH_MS = 1_000;
const TIDY_MS = 60_000;
const CHANNEL = '{"event":"subscribed"';
const MOST_SOCKETS = 64;
const MOST_CHANNELS = 256;
const BY_MARKET = /^binance/;
const MARKET_OF_FRAME = /"s":"([A-Z0-9_]+)"/;
/** Of a snapshot or of trades; lists of instruments are not kept. */
const MARKET_OF_REQUEST = /\/(?:depth|historicalTrades|aggTrades)\?(?:.*&)?symbol=([A-Z0-9_]+)/;

export class RawKeeper {
  readonly #dir: string;
  readonly #retention: RetentionLimits | undefined;
  readonly #clock: Clock;
  readonly #tell: (message: string) => void;
  readonly #files = new Map<string, RawFile>();
  /** Files that are being closed. */
  readonly #closing = new Set<Promise<void>>();
  readonly #cancels: readonly Cancel[];
  /** Bitfinex's frames have numbers of channels: what they stand for is repeated in a socket's next file. */
  readonly #channels = new Map<number, readonly string[]>();
  #hour = '';
  #dropped = 0;
  #problem: string | undefined;

  /** @throws Error if the folder cannot be made. */
  constructor(options: {
    readonly dir: string;
    readonly retention: RetentionLimits | undefined;
    readonly clock: Clock;
    /** Told once for each trouble. */
    readonly tell: (message: string) => void;
  }) {
    this.#dir = options.dir;
    this.#retention = options.retention;
    this.#clock = options.clock;
    this.#tell = options.tell;
    mkdirSync(this.#dir, { recursive: true });
    this.#cancels = [
      this.#clock.every(FLUSH_MS, () => this.#flush()),
      this.#clock.every(TIDY_MS, () => this.#tidy()),
    ];
    this.#tidy();
  }

  /** One frame of a socket; `socket` is unique in this process. */
  frame(frame: {
    readonly venue: string;
    readonly socket: number;
    readonly address: string;
    readonly text: string;
  }): void {
    const { venue, socket, address, text } = frame;
    const now = this.#clock.now();
    if (/[\r\n]/.test(text)) return this.#drop();
    if (BY_MARKET.test(venue)) {
      const market = MARKET_OF_FRAME.exec(text)?.[1];
      if (market !== undefined)
        this.#write(venue, market, now, noOpening, `${nanoseconds(now)} ${text}`);
      return;
    }
    this.#noteChannel(socket, text);
    const opening = (): string => this.#openingOf(socket, address, now);
    this.#write(venue, `ws.${socket}`, now, opening, `${seconds(now)}: ${text}`);
  }

  #noteChannel(socket: number, text: string): void {
    if (!text.startsWith(CHANNEL)) return;
    const before = this.#channels.get(socket) ?? [];
    this.#channels.set(socket, [...before, text].slice(-MOST_CHANNELS));
    // Sockets are numbered in the order in which they are dialled.
    const [oldest = socket] = this.#channels.keys();
    if (this.#channels.size > MOST_SOCKETS) this.#channels.delete(oldest);
  }

  #openingOf(socket: number, address: string, now: EpochMs): string {
    const channels = this.#channels.get(socket) ?? [];
    const lines = [`${address} <-> ${seconds(now)}`];
    // The last one may be the frame that is about to be written: twice does no harm.
    for (const text of channels) lines.push(`${seconds(now)}: ${text}`);
    return `${lines.join('\n')}\n`;
  }

  /** The body of a response, written in one line. */
  response(response: {
    readonly venue: string;
    readonly address: string;
    readonly text: string;
  }): void {
    const { venue, address, text } = response;
    const now = this.#clock.now();
    const line = text.replaceAll(/\s*[\r\n]+\s*/g, ' ');
    if (BY_MARKET.test(venue)) {
      const market = MARKET_OF_REQUEST.exec(address)?.[1];
      if (market !== undefined)
        this.#write(venue, market, now, noOpening, `${nanoseconds(now)} ${line}`);
    } else this.#write(venue, 'http', now, noOpening, `${address} -> ${seconds(now)}: ${line}`);
  }

  async close(): Promise<void> {
    for (const cancel of this.#cancels) cancel();
    this.#rotate('');
    await Promise.all(this.#closing);
  }

  #write(venue: string, name: string, now: EpochMs, opening: () => string, line: string): void {
    const hour = new Date(now).toISOString().slice(0, 13);
    // A clock that is set back by less than an hour does not reopen a file.
    if (hour > this.#hour) this.#rotate(hour);
    const key = `${venue} ${name}`;
    let file = this.#files.get(key);
    if (file === undefined) {
      file = this.#open(venue, name);
      if (file === undefined) return this.#drop();
      this.#files.set(key, file);
      file.write(opening());
    }
    if (!file.write(`${line}\n`)) this.#drop();
  }

  #open(venue: string, name: string): RawFile | undefined {
    const folder = join(this.#dir, venue);
    const safe = name.replaceAll(/[^A-Za-z0-9._-]+/g, '-');
    try {
      mkdirSync(folder, { recursive: true });
      // A feed that starts again within the hour adds a file.
      const taken = new Set(readdirSync(folder));
      let file = `${this.#hour}_${safe}.gz`;
      for (let n = 2; taken.has(file); n++) file = `${this.#hour}_${safe}.${n}.gz`;
      return new RawFile(join(folder, file), (error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #fail(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    if (this.#problem === undefined)
      this.#tell(
        `raw frames are not kept (${why}); markets are not affected; check TAPEDECK_RAW "${this.#dir}"`,
      );
    this.#problem = why;
  }

  #drop(): void {
    if (this.#dropped++ === 0 && this.#problem === undefined)
      this.#tell('a raw frame was not kept: the disk is too slow, or the frame has several lines');
  }

  #rotate(hour: string): void {
    this.#hour = hour;
    this.#problem = undefined;
    if (this.#dropped > 1) this.#tell(`${this.#dropped} raw frames of the last hour were not kept`);
    this.#dropped = 0;
    for (const file of this.#files.values()) {
      const closed = file.close().finally(() => this.#closing.delete(closed));
      this.#closing.add(closed);
    }
    this.#files.clear();
  }

  #flush(): void {
    for (const file of this.#files.values()) file.flush();
  }

  /** Deletes whole files, the oldest first; never those of this hour. */
  #tidy(): void {
    const limits = this.#retention;
    if (limits === undefined) return;
    const open = new Set([...this.#files.values()].map(({ path }) => path));
    const kept = filesIn(this.#dir).filter(({ path }) => !open.has(path));
    const oldest = this.#clock.now() - (limits.ageMs ?? Number.POSITIVE_INFINITY) - HOUR_MS;
    let bytes = kept.reduce((sum, file) => sum + file.bytes, 0);
    for (const { path, hour, bytes: own } of kept) {
      const isOld = Date.parse(`${hour}:00:00Z`) < oldest;
      if (!isOld && bytes <= (limits.bytes ?? Number.POSITIVE_INFINITY)) continue;
      bytes -= own;
      rmSync(path, { force: true });
    }
  }
}

/** Raw files, the oldest first. Others in the folder are not ours. */
function filesIn(dir: string): readonly { path: string; hour: string; bytes: number }[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      readdirSync(join(dir, name)).flatMap((file) => {
        const hour = /^(\d{4}-\d\d-\d\dT\d\d)_.*\.gz$/.exec(file)?.[1];
        const path = join(dir, name, file);
        const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
        return hour === undefined ? [] : [{ path, hour, bytes }];
      }),
    )
    .toSorted((a, b) => (a.hour < b.hour ? -1 : a.hour > b.hour ? 1 : 0));
}

/** Wall time has milliseconds; the rest is zeros. */
function nanoseconds(now: EpochMs): string {
  return `${Math.floor(now)}000000`;
}

function seconds(now: EpochMs): string {
  const ms = Math.floor(now);
  return `${Math.floor(ms / 1_000)}.${String(ms % 1_000).padStart(3, '0')}`;
}

function noOpening(): string {
  return '';
}
