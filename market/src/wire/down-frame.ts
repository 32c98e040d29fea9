/*
 * Reads the feed's frames without the schema library: browsers download the dashboard's worker, and the schemas of
 * `down.ts` would be a third of its size. `down-frame.test.ts` checks that both accept the same messages.
 */
import { MARKET_STATES, STATE_REASONS } from '../instrument/instrument.ts';
import type { DownMessage } from './down.ts';

/** A frame is invalid. Treat the whole frame as lost. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

type Check = (value: unknown) => boolean;

const integer: Check = (value) => Number.isSafeInteger(value);
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const uint32: Check = (value) => count(value) && (value as number) <= 0xffff_ffff;
const text: Check = (value) => typeof value === 'string';
const flag: Check = (value) => typeof value === 'boolean';
const epoch: Check = (value) =>
  typeof value === 'string' && value.length >= 1 && value.length <= 40;
const speed: Check = (value) =>
  value === 'max' || (typeof value === 'number' && value >= 0.1 && value <= 1_000);
const oneOf = (...words: readonly unknown[]): Check => {
  const known = new Set(words);
  return (value) => known.has(value);
};
const reason = oneOf(...STATE_REASONS);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const nullable =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

/** Every element passes. A plain loop, because this runs for each level of each delta. */
const list =
  (check: Check): Check =>
  (value) => {
    if (!Array.isArray(value)) return false;
    for (let i = 0; i < value.length; i++) if (!check(value[i])) return false;
    return true;
  };

const level: Check = (value) =>
  Array.isArray(value) && value.length === 2 && integer(value[0]) && count(value[1]);
const levels = list(level);
const trade: Check = (value) =>
  Array.isArray(value) &&
  value.length === 5 &&
  count(value[0]) &&
  count(value[1]) &&
  integer(value[2]) &&
  count(value[3]) &&
  (value[4] === 'buy' || value[4] === 'sell');

const record =
  (check: Check): Check =>
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    for (const each of Object.values(value)) if (!check(each)) return false;
    return true;
  };

/** Checks fields by name; unknown fields are ignored (P4). */
const fields = (checks: Readonly<Record<string, Check>>): Check => {
  const entries = Object.entries(checks);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const object = value as Readonly<Record<string, unknown>>;
    for (const [name, check] of entries) if (!check(object[name])) return false;
    return true;
  };
};

const instrument = fields({
  symbol: text,
  tickSize: text,
  lotSize: text,
  base: optional(text),
  quote: optional(text),
});

const CHECKS: Readonly<Record<DownMessage['type'], Check>> = {
  hello: fields({
    version: integer,
    epoch,
    connection: text,
    key: optional(text),
    now: count,
    heartbeatMs: count,
    mode: oneOf('live', 'replay'),
    build: text,
    limits: fields({ messagesPerSecond: count, channels: count, frameBytes: count }),
  }),
  subscribed: fields({
    id: optional(integer),
    channels: list(
      fields({
        name: text,
        channel: count,
        instrument,
        resume: oneOf('full', 'partial', 'none'),
        lost: optional(count),
      }),
    ),
  }),
  unsubscribed: fields({ id: optional(integer), channels: list(count) }),
  'book-snapshot': fields({
    channel: count,
    epoch,
    sequence: count,
    eventTime: count,
    receiveTime: count,
    sendTime: count,
    bids: levels,
    asks: levels,
    checksum: uint32,
    digest: optional(uint32),
  }),
  'book-delta': fields({
    channel: count,
    previous: count,
    sequence: count,
    merged: count,
    eventTime: count,
    sendTime: count,
    bids: levels,
    asks: levels,
    checksum: optional(uint32),
    digest: optional(uint32),
  }),
  trades: fields({
    channel: count,
    previous: count,
    sequence: count,
    sendTime: count,
    trades: list(trade),
    lost: optional(count),
    epoch: optional(text),
    life: optional(text),
  }),
  candle: fields({
    channel: count,
    openTime: count,
    open: integer,
    high: integer,
    low: integer,
    close: integer,
    volume: count,
    buyVolume: optional(count),
    trades: count,
    state: oneOf('forming', 'closed'),
    sequence: count,
  }),
  ticker: fields({
    channel: count,
    last: nullable(integer),
    bid: nullable(integer),
    ask: nullable(integer),
    open24h: nullable(integer),
    volume24h: count,
    eventTime: count,
    sequence: count,
  }),
  'channel-state': fields({
    channel: count,
    state: oneOf(...MARKET_STATES),
    since: count,
    reason,
  }),
  reset: fields({ channel: count, reason, instrument: optional(instrument) }),
  tier: fields({ to: text, reason, lagMs: optional(count) }),
  heartbeat: fields({
    now: count,
    last: record(count),
    digests: optional(record(uint32)),
    heard: optional(record(count)),
  }),
  'replay-state': fields({
    id: optional(integer),
    state: oneOf('loading', 'paused', 'playing', 'buffering', 'ended'),
    clock: count,
    speed,
    seeked: optional(flag),
    from: count,
    to: count,
    host: optional(text),
    connections: optional(count),
  }),
  error: fields({ id: optional(integer), code: integer, message: text, temporary: flag }),
  pong: fields({ id: optional(integer), now: count }),
};

/**
 * Parses and checks the messages of a frame. Unknown types are skipped, unknown fields are kept (P4).
 * @throws FrameError when any message is invalid. Treat the whole frame as lost.
 */
export function readDownFrame(frame: string): DownMessage[] {
  const messages: DownMessage[] = [];
  for (const line of frame.split('\n')) {
    const message = line === '' ? undefined : readDownMessage(line);
    if (message !== undefined) messages.push(message);
  }
  return messages;
}

/** Parses one message; undefined for an unknown type. @throws FrameError like `readDownFrame`. */
export function readDownMessage(line: string): DownMessage | undefined {
  const value = parse(line);
  const type = (value as { type?: unknown } | null)?.type;
  if (typeof type !== 'string') throw new FrameError('a message has no type');
  if (!Object.hasOwn(CHECKS, type)) return undefined;
  if (!CHECKS[type as DownMessage['type']](value))
    throw new FrameError(`a message of type ${type} is not what the protocol says`);
  return value as DownMessage;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new FrameError('a message is not JSON', { cause: error });
  }
}
