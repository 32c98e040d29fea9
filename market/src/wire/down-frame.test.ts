import { expect, test } from 'vitest';

import { Random } from '../number/random.ts';
import { decodeDown } from './codec/codec.ts';
import { readDownFrame } from './down-frame.ts';
import { downSchema, type DownMessage } from './down.ts';

const GRID = { symbol: 'BTC-USD@sim', tickSize: '0.1', lotSize: '0.01' };
const BOOK = { channel: 7, sequence: 12, eventTime: 5, sendTime: 6, bids: [[-2, 3]], asks: [] };

/** One message per type, with every optional field. */
const SAMPLES: { readonly [T in DownMessage['type']]: Readonly<Record<string, unknown>> } = {
  hello: {
    version: 1,
    epoch: 'e1',
    key: 'k',
    connection: 'c1',
    now: 1,
    heartbeatMs: 15_000,
    mode: 'live',
    build: 'b',
    limits: { messagesPerSecond: 10, channels: 128, frameBytes: 16_384 },
  },
  subscribed: {
    id: 1,
    channels: [{ name: 'n', channel: 7, instrument: GRID, resume: 'partial', lost: 3 }],
  },
  unsubscribed: { id: 2, channels: [7] },
  'book-snapshot': { ...BOOK, epoch: 'e1', receiveTime: 5, checksum: 9, digest: 4_294_967_295 },
  'book-delta': { ...BOOK, previous: 11, merged: 1, checksum: 9, digest: 0 },
  trades: {
    channel: 9,
    previous: 1,
    sequence: 2,
    sendTime: 6,
    trades: [[2, 5, 100, 1, 'sell']],
    lost: 0,
    life: 'e1.1',
    epoch: 'e1',
  },
  candle: {
    channel: 9,
    openTime: 0,
    open: 1,
    high: 2,
    low: -1,
    close: 1,
    volume: 5,
    buyVolume: 1,
    trades: 2,
    state: 'forming',
    sequence: 2,
  },
  ticker: {
    channel: 9,
    last: null,
    bid: 1,
    ask: 2,
    open24h: null,
    volume24h: 3,
    eventTime: 5,
    sequence: 2,
  },
  'channel-state': { channel: 7, state: 'stale', since: 1, reason: 'upstream-silent' },
  reset: { channel: 7, reason: 'seek', instrument: GRID },
  tier: { to: '1s', reason: 'slow', lagMs: 2_300 },
  heartbeat: { now: 1, last: { 7: 12 }, digests: { 7: 1 }, heard: { 7: 40 } },
  'replay-state': {
    id: 1,
    state: 'playing',
    clock: 2,
    speed: 'max',
    seeked: true,
    from: 1,
    to: 3,
    host: 'c1',
    connections: 2,
  },
  error: { id: 1, code: 102, message: 'unknown symbol', temporary: false },
  pong: { id: 1, now: 2 },
};

const MESSAGES = Object.entries(SAMPLES).map(([type, body]) => ({ type, ...body }));

test('the samples cover every field of every schema', () => {
  for (const option of downSchema.options) {
    const type = option.shape.type.value;
    expect(Object.keys({ type, ...SAMPLES[type] }).toSorted()).toEqual(
      Object.keys(option.shape).toSorted(),
    );
  }
});

test('frames decode the same with and without the schema library', () => {
  const frame = MESSAGES.map((message) => JSON.stringify(message)).join('\n');
  expect(readDownFrame(frame)).toEqual(decodeDown(frame));
  expect(readDownFrame(`${frame}\n{"type":"of-tomorrow"}\n\n`)).toEqual(decodeDown(frame));
});

const ODD: readonly unknown[] = [
  null,
  true,
  '',
  'x',
  'max',
  '1',
  -1,
  0,
  0.05,
  0.5,
  1.5,
  1_001,
  2 ** 32,
  2 ** 53,
  [],
  [1],
  [1, 2],
  [[1, -2]],
  [[1.5, 2]],
  [[1, 2, 3]],
  {},
  { 1: 'x' },
  { a: 1 },
  'e'.repeat(41),
];

/** The value with one part, at any depth, replaced, removed or added. */
function mangle(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.2)) return random.pick(ODD);
  const copy = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  const keys = Object.keys(copy);
  const key = keys.length === 0 || random.chance(0.05) ? 'extra' : random.pick(keys);
  if (key === 'type') return copy;
  if (random.chance(0.15) && !Array.isArray(copy)) delete copy[key];
  else copy[key] = mangle(copy[key], random);
  return copy;
}

test('both decoders accept and reject the same mangled messages', () => {
  const seed = 20_261_120;
  const random = new Random(seed);
  let accepted = 0;
  for (let run = 0; run < 20_000; run++) {
    const mangled = mangle(random.pick(MESSAGES), random);
    const text = JSON.stringify(mangled);
    const outcome = (read: (frame: string) => unknown): string => {
      try {
        read(text);
        return 'accepted';
      } catch {
        return 'refused';
      }
    };
    const lean = outcome(readDownFrame);
    if (lean === 'accepted') accepted++;
    expect(lean, `seed ${seed} run ${run}: ${text}`).toBe(outcome(decodeDown));
  }
  expect(accepted).toBeGreaterThan(1_000);
});

test('text that is not JSON is refused', () => {
  expect(() => readDownFrame('{"type":"pong","now":1}\n{"type"')).toThrow('not JSON');
});
