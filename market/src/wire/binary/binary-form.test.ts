/* The binary form carries the same messages as JSON (P4a-P4h), and its decoder survives arbitrary bytes. */
import { expect, test } from 'vitest';

import { Random } from '../../number/random.ts';
import { FrameError, readDownFrame } from '../down-frame.ts';
import { type DownMessage, downSchema } from '../down.ts';
import type { TradesMessage } from '../tape.ts';
import { readBinaryFrame } from './binary-decoder.ts';
import { encodeBinary, joinBinary } from './binary-encoder.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { KIND, MAX_SPLIT } from './record-kind.ts';
import { SizedPairs } from './size-scale.ts';
import { TestMessages } from './test-messages.ts';

const SEED = 20_261_121;
/** Types with a compact record; all others are sent as JSON. */
const COMPACT: ReadonlySet<string> = new Set([
  'book-snapshot',
  'book-delta',
  'trades',
  'candle',
  'ticker',
  'heartbeat',
]);

/** The message after a JSON round trip, which drops undefined fields. */
function jsonOf(messages: readonly DownMessage[]): unknown {
  return readDownFrame(messages.map((message) => JSON.stringify(message)).join('\n'));
}

function isJsonRecord(frame: Uint8Array): boolean {
  return frame[0] === KIND.json;
}

test(`P4a, P4h: random messages decode as from JSON, seed ${SEED}`, () => {
  const random = new Random(SEED);
  const fields = new Map<string, Set<string>>();
  let compact = 0;
  let json = 0;
  for (let run = 0; run < 3_000; run++) {
    const messages = new TestMessages(random, random.pick([0, 0.02, 0.3])).all();
    const frames = messages.map(encodeBinary);
    const describe = `seed ${SEED} run ${run}`;
    expect(readBinaryFrame(joinBinary(frames)), describe).toEqual(jsonOf(messages));
    for (const [i, message] of messages.entries()) {
      const known = fields.get(message.type) ?? new Set();
      fields.set(message.type, known);
      for (const name of Object.keys(message)) known.add(name);
      if (!COMPACT.has(message.type)) continue;
      if (isJsonRecord(frames[i] ?? new Uint8Array())) json++;
      else compact++;
    }
  }
  // Both paths must occur often.
  expect(compact).toBeGreaterThan(5_000);
  expect(json).toBeGreaterThan(1_000);
  // A new field in one of these schemas needs a place in its compact record; JSON records carry any field.
  for (const { shape } of downSchema.options) {
    const type = shape.type.value;
    if (!COMPACT.has(type)) continue;
    expect([...(fields.get(type) ?? [])].toSorted()).toEqual(Object.keys(shape).toSorted());
  }
});

test("P4f, P4g: the feed's books, trades, candles, tickers and heartbeats use compact records", () => {
  const random = new Random(SEED);
  for (let run = 0; run < 500; run++) {
    const messages = new TestMessages(random, 0);
    for (const message of messages.all()) {
      const frame = encodeBinary(message);
      // Epochs in trades messages may be any text; the feed's own are ASCII.
      if (message.type === 'trades' && !isPlain(message)) continue;
      expect(isJsonRecord(frame), message.type).toBe(!COMPACT.has(message.type));
    }
  }
});

test('P4c: messages of the same time share a clock, and any frames can be concatenated', () => {
  const pong: DownMessage = { type: 'pong', now: 1 };
  const trades = (sendTime: number): DownMessage => ({
    type: 'trades',
    channel: 9,
    previous: 1,
    sequence: 2,
    sendTime,
    trades: [[2, 4, 100, 1, 'buy']],
  });
  const messages = [trades(5), trades(5), pong, trades(6), trades(5)];
  const frames = messages.map(encodeBinary);
  const joined = joinBinary(frames);
  const lengths = frames.reduce((sum, frame) => sum + frame.length, 0);
  expect(readBinaryFrame(joined)).toEqual(messages);
  expect(lengths - joined.length).toBe(2);
  const plain = Uint8Array.from(frames.flatMap((frame) => [...frame]));
  expect(readBinaryFrame(plain)).toEqual(messages);
  // In frames that are already joined, the last clock counts.
  const joinedBefore = [
    joinBinary([5, 6].map((time) => encodeBinary(trades(time)))),
    joinBinary([5, 6].map((time) => encodeBinary(trades(time)))),
    joinBinary([6, 6].map((time) => encodeBinary(trades(time)))),
  ];
  expect(readBinaryFrame(joinBinary(joinedBefore))).toEqual([5, 6, 5, 6, 6, 6].map(trades));
});

test('P4d: unknown kinds are skipped by length, fields of later versions by their flag', () => {
  const pong: DownMessage = { type: 'pong', now: 1 };
  const ticker = encodeBinary({
    type: 'ticker',
    channel: 1,
    last: 5,
    bid: null,
    ask: null,
    open24h: null,
    volume24h: 0,
    eventTime: 3,
    sequence: 2,
  });
  const unknown = Uint8Array.from([200, 3, 1, 2, 3, 99, 0]);
  expect(readBinaryFrame(joinBinary([unknown, encodeBinary(pong)]))).toEqual([pong]);
  const [kind = 0, length = 0, flags = 0, ...rest] = ticker;
  const longer = Uint8Array.from([kind, length + 2, flags, ...rest, 7, 7]);
  expect(() => readBinaryFrame(longer)).toThrow('2 bytes too many');
  longer[2] = flags | 0x80;
  expect(readBinaryFrame(longer)).toEqual(readBinaryFrame(ticker));
  longer[2] = flags | 0x40;
  expect(() => readBinaryFrame(longer)).toThrow('flags');
});

test.each([
  ['a clock without its number', [0]],
  ['a length beyond the end', [1, 9, 0x7b]],
  ['a number of nine bytes', [0, 255, 255, 255, 255, 255, 255, 255, 255, 1]],
  ['a number over 2^53', [0, 255, 255, 255, 255, 255, 255, 255, 127]],
  ['a delta before any clock', [3, 2, 0, 0]],
  ['more levels than bytes', [0, 1, 3, 11, 0, 0, 1, 1, 1, 0, 255, 255, 255, 127, 0]],
  ['invalid JSON', [1, 1, 0x7b]],
  ['JSON that is not ASCII', [1, 2, 0xc3, 0xbc]],
  ['a message that does not match its schema', [1, 15, ...ascii('{"type":"pong"}')]],
])('%s is a frame error', (_, bytes) => {
  expect(() => readBinaryFrame(Uint8Array.from(bytes))).toThrow(FrameError);
});

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}

/** Counts numbers, strings and lists in a value, as a measure of its memory. */
function weight(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, each) => sum + weight(each), 1);
}

/** Any bytes give valid messages, of a size proportional to the bytes, or a FrameError. */
function outcome(bytes: Uint8Array, describe: string): 'read' | 'refused' {
  let messages: readonly DownMessage[];
  try {
    messages = readBinaryFrame(bytes);
  } catch (error) {
    if (!(error instanceof FrameError)) throw new Error(describe, { cause: error });
    return 'refused';
  }
  for (const message of messages)
    expect(downSchema.safeParse(message).success, `${describe}: ${JSON.stringify(message)}`).toBe(
      true,
    );
  // A level takes at least one byte and gives a list of two numbers; each record adds its named fields.
  expect(weight(messages), describe).toBeLessThanOrEqual(30 + bytes.length * 8);
  return 'read';
}

test(`P4e: a pair decodes with the split that encoded it, seed ${SEED}`, () => {
  const random = new Random(SEED);
  const writer = new ByteWriter();
  for (let run = 0; run < 2_000; run++) {
    const split = random.integer(0, MAX_SPLIT);
    const size = Math.floor(2 ** (random.next() * 46)) - 1;
    const small = random.pick([0, 1, 2 ** split - 2, 2 ** split - 1, 2 ** split, 2 ** 40]);
    writer.clear();
    writer.pair(size, Math.max(0, small), split);
    const bytes = new Uint8Array(writer.length);
    writer.copyTo(bytes, 0);
    const reader = new ByteReader(bytes);
    const describe = `seed ${SEED} run ${run}`;
    expect([reader.pair(split), reader.small, reader.left], describe).toEqual([
      size,
      Math.max(0, small),
      0,
    ]);
  }
});

test('P4e: sizes are divided by their common power of ten, and the split gives the shortest encoding', () => {
  const scaleOf = (...levels: readonly (readonly [size: number, step: number])[]): unknown => {
    const pairs = new SizedPairs();
    for (const [size, step] of levels) pairs.add(size, step);
    return pairs.scale();
  };
  expect(scaleOf([0, 0], [0, 3])).toMatchObject({ ten: 1 });
  expect(scaleOf([2_500, 0], [0, 0], [30_000, 0])).toMatchObject({ ten: 100 });
  expect(scaleOf([2_501, 0], [30_000, 0])).toMatchObject({ ten: 1 });
  // Twenty bits of size leave one bit free in three bytes, which a step of 0 uses.
  expect(scaleOf([1_000_001, 0], [1_000_003, 0])).toEqual({ ten: 1, split: 1 });
  // Small sizes take two bits; steps up to 30 take five more.
  expect(scaleOf([3, 30], [2, 29], [1, 17])).toEqual({ ten: 1, split: 5 });
  // The largest integer leaves no bit free.
  expect(scaleOf([Number.MAX_SAFE_INTEGER, 1])).toEqual({ ten: 1, split: 0 });
});

test(`P4b: truncated, mutated and random bytes decode or give a FrameError, seed ${SEED}`, () => {
  const random = new Random(SEED);
  const counts = { read: 0, refused: 0 };
  for (let run = 0; run < 4_000; run++) {
    const describe = `seed ${SEED} run ${run}`;
    const whole = joinBinary(
      new TestMessages(random, 0.02).all().map(encodeBinary).slice(random.integer(0, 12)),
    );
    const cut = whole.subarray(0, random.integer(0, whole.length));
    const bent = whole.slice();
    for (let i = random.integer(1, 4); i > 0; i--) {
      const at = random.integer(0, bent.length - 1);
      bent[at] = (bent[at] ?? 0) ^ (1 << random.integer(0, 7));
    }
    const noise = Uint8Array.from({ length: random.integer(0, 60) }, () =>
      random.chance(0.4) ? random.integer(0, 8) : random.integer(0, 255),
    );
    for (const bytes of [cut, bent, noise]) counts[outcome(bytes, describe)]++;
  }
  expect(counts.read).toBeGreaterThan(500);
  expect(counts.refused).toBeGreaterThan(3_000);
});

test('a megabyte of arbitrary bytes is decoded or refused quickly', () => {
  const random = new Random(SEED);
  for (const fill of [() => 0, () => 0xff, () => 1, () => random.integer(0, 8)]) {
    const bytes = Uint8Array.from({ length: 1_000_000 }, fill);
    try {
      readBinaryFrame(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(FrameError);
    }
  }
}, 5_000);

function isPlain({ epoch, life }: TradesMessage): boolean {
  return epoch === 'k3f9a01x' && (life === undefined || life === 'k3f9a01x');
}
