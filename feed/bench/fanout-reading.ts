/* What one client of the bench receives: source events, and their ages. */
import { readBinaryFrame } from '@tapedeck/market/wire/binary/binary-decoder';
import { KIND } from '@tapedeck/market/wire/binary/record-kind';

import type { FanoutStream } from './fanout-stream.ts';
import type { RawClient } from './raw-client.ts';

/** A server's protocol: single events, the same in socket.io's envelope, or the feed's protocol in either form. */
export type Dialect = 'plain' | 'socket.io' | 'tapedeck' | 'tapedeck-binary';

export function isProtocol(dialect: Dialect): boolean {
  return dialect === 'tapedeck' || dialect === 'tapedeck-binary';
}

/** Times of a symbol's book updates within the stream, ms: the updates that a merged delta contains. */
export type UpdateTimes = ReadonlyMap<string, readonly number[]>;

export function updateTimesOf({ events }: FanoutStream): UpdateTimes {
  const times = new Map<string, number[]>();
  for (const { at, event } of events) {
    if (event.type !== 'update') continue;
    const known = times.get(event.symbol);
    if (known === undefined) times.set(event.symbol, [at]);
    else known.push(at);
  }
  return times;
}

type Heard = {
  readonly type: string;
  readonly channel?: number;
  readonly channels?: readonly { readonly name: string; readonly channel: number }[];
  readonly previous?: number;
  readonly sequence?: number;
  readonly trades?: readonly (readonly [number, number, ...unknown[]])[];
  readonly last?: Readonly<Record<string, number>>;
  readonly eventTime?: number;
};

const MOST_SAMPLED = 20;

/** Whether everything that this client receives is read, and not only counted. */
export function isSampled(client: number, clients: number): boolean {
  return client % Math.ceil(clients / MOST_SAMPLED) === 0;
}

/**
 * Ages count from this long after the mark: when all symbols start at once after a silence, each sends at once
 * (P10a), and a connection gets ten frames instead of one.
 */
const ONSET_MS = 1_000;
/** The opening snapshot has sequence 1, so the first update has 2. */
const FIRST_SEQUENCE = 2;
const SEND_TIME = Buffer.from('"sendTime":');
const CODE = { h: 'h'.charCodeAt(0), s: 's'.charCodeAt(0), zero: '0'.charCodeAt(0) } as const;
/** Position of the type's first letter in `{"type":"heartbeat"`. */
const TYPE_AT = 9;

export class Reading {
  readonly #dialect: Dialect;
  readonly #times: UpdateTimes | undefined;
  readonly #symbolOf = new Map<number, string>();
  /** Sequences of each channel in the last heartbeat. */
  #sequences: number[] = [];
  #markedSequences = 0;
  #markedFrames = 0;
  #markedBytes = 0;
  /** From when on ages count. */
  #agesFrom = Number.POSITIVE_INFINITY;
  client: RawClient | undefined;
  /** The next message with a `sendTime` is acknowledged. */
  ackDue = false;
  readonly lags: number[] = [];

  /** With `times` every message is read, and its events' ages are kept. */
  constructor(dialect: Dialect, times: UpdateTimes | undefined) {
    this.#dialect = dialect;
    this.#times = times;
  }

  /** Unread messages are only counted. */
  wants(beginning: Buffer): boolean {
    if (this.#times !== undefined || this.ackDue) return true;
    if (isProtocol(this.#dialect)) return this.#isHeartbeat(beginning);
    // socket.io starts with a handshake, and pings every 25 s.
    return this.#dialect === 'socket.io' && (beginning[0] ?? 0) - CODE.zero < 4;
  }

  take(payload: Buffer): void {
    const now = Date.now();
    if (isProtocol(this.#dialect)) return this.#takeFrame(payload, now);
    let text = payload.toString();
    if (this.#dialect === 'socket.io') {
      if (text === '2') this.client?.send('3');
      if (text.startsWith('0')) this.client?.send('40');
      if (!text.startsWith('42')) return;
      text = text.slice('42["event",'.length, -1);
    }
    if (now < this.#agesFrom) return;
    this.lags.push(now - ((JSON.parse(text) as Heard).eventTime ?? now));
  }

  /** Measurement starts here. */
  mark(): void {
    this.#agesFrom = Date.now() + ONSET_MS;
    this.#markedSequences = sum(this.#sequences);
    this.#markedFrames = this.client?.frames ?? 0;
    this.#markedBytes = this.client?.bytes ?? 0;
  }

  get bytes(): number {
    return (this.client?.bytes ?? 0) - this.#markedBytes;
  }

  get frames(): number {
    return (this.client?.frames ?? 0) - this.#markedFrames;
  }

  /**
   * A plain server sends each event by itself; the feed's last heartbeat has the sequence that each channel reached.
   */
  get carried(): number {
    return isProtocol(this.#dialect) ? sum(this.#sequences) - this.#markedSequences : this.frames;
  }

  #takeFrame(payload: Buffer, now: number): void {
    if (this.ackDue) this.#acknowledge(payload);
    if (this.#times === undefined && !this.#isHeartbeat(payload)) return;
    if (this.#dialect === 'tapedeck-binary') {
      for (const message of readBinaryFrame(payload)) this.#takeMessage(message as Heard, now);
      return;
    }
    for (const line of payload.toString().split('\n'))
      this.#takeMessage(JSON.parse(line) as Heard, now);
  }

  #isHeartbeat(beginning: Buffer): boolean {
    return this.#dialect === 'tapedeck-binary'
      ? beginning[0] === KIND.heartbeat
      : beginning[TYPE_AT] === CODE.h;
  }

  #takeMessage(message: Heard, now: number): void {
    if (message.type === 'heartbeat') this.#sequences = Object.values(message.last ?? {});
    for (const { channel, name } of message.channels ?? [])
      this.#symbolOf.set(channel, name.split(':')[1] ?? '');
    if (now < this.#agesFrom) return;
    for (const [, time] of message.trades ?? []) this.lags.push(now - time);
    if (message.type === 'book-delta') this.#takeDelta(message, now);
  }

  /** The age of each update merged into this delta, not only of the newest. */
  #takeDelta(delta: Heard, now: number): void {
    const { channel = 0, previous = 0, sequence = 0, eventTime = now } = delta;
    const times = this.#times?.get(this.#symbolOf.get(channel) ?? '') ?? [];
    const newest = times[sequence - FIRST_SEQUENCE] ?? 0;
    for (let each = previous + 1; each <= sequence; each++)
      this.lags.push(now - eventTime + newest - (times[each - FIRST_SEQUENCE] ?? newest));
  }

  /** The newest send time is last, because frames are written in order. */
  #acknowledge(payload: Buffer): void {
    if (this.#dialect === 'tapedeck-binary') {
      const newest = readBinaryFrame(payload).findLast((message) => 'sendTime' in message);
      if (newest === undefined || !('sendTime' in newest)) return;
      this.ackDue = false;
      this.client?.send(JSON.stringify({ type: 'ack', at: newest.sendTime }));
      return;
    }
    const at = payload.lastIndexOf(SEND_TIME);
    if (at < 0) return;
    const from = at + SEND_TIME.length;
    this.ackDue = false;
    const sendTime = Number.parseInt(payload.toString('latin1', from, from + 16), 10);
    this.client?.send(JSON.stringify({ type: 'ack', at: sendTime }));
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
