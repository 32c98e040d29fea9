/* Hyperliquid in recorder dumps: the recorded shapes, with times of a session, because none is recorded. */
import { readFileSync } from 'node:fs';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { TestImport } from './test-import.ts';

const AT = 1_764_842_873;
const START = AT * 1_000;
const SYMBOL = 'HYPE@hyperliquid';
const FRAMES = readFileSync(
  new URL('../../fixtures/hyperliquid-shapes/frames.ndjson', import.meta.url),
  'utf8',
)
  .split('\n')
  .filter((line) => line.includes('"data"') && !line.includes('subscriptionResponse'));
const [BOOK = '', BEST = '', TRADES = ''] = FRAMES;

let rig: TestImport;
beforeEach(() => {
  rig = new TestImport();
});
afterEach(() => rig.close());

/** A recorded frame as if it were of this moment. */
function at(frame: string, ms: number): string {
  return frame.replace(/"time":\d+/, `"time":${START + ms}`);
}

/** One trade with a key of its own. */
function tradeAt(ms: number): string {
  return at(TRADES, ms).replace(/"tid":\d+/, `"tid":${ms}`);
}

function dump(frames: readonly (readonly [ms: number, frame: string])[]): string {
  const lines = frames.map(([ms, frame]) => `${(START + ms + 60) / 1_000}: ${frame}`);
  return rig.file('HYPERLIQUID.ws.1.0', [`wss://api.hyperliquid.xyz/ws <-> ${AT}.0`, ...lines, '']);
}

function bookAt(session: string, ms: number) {
  return rig.history.books.at(SYMBOL, START + ms + 1, session);
}

test('whole books are one book without a gap, refined by the best levels in between', async () => {
  const changed = BOOK.replace('"2.85"', '"3.85"').replace('"34.962"', '"34.961"');
  const file = dump([
    [100, at(BOOK, 100)],
    [200, at(BEST.replace('23.757', '34.962').replace('23.758', '34.969'), 200)],
    [640, at(changed, 640)],
    // Older than the last: of a socket that is being replaced.
    [650, at(BOOK, 100)],
  ]);
  const { session, symbol, problemCounts } = await rig.of([file]);
  expect(symbol).toBe(SYMBOL);
  expect(problemCounts).toEqual({});
  expect(rig.history.sessions.gaps(session)).toEqual([]);
  // Prices in 0.001, sizes in 0.01.
  expect(bookAt(session, 100)?.book).toMatchObject({
    bids: [
      [34_967, 285],
      [34_962, 384],
    ],
    asks: [
      [34_969, 147_306],
      [34_970, 154_451],
    ],
  });
  expect(bookAt(session, 200)?.book).toMatchObject({
    bids: [[34_962, 4_209]],
    asks: [
      [34_969, 10_026],
      [34_970, 154_451],
    ],
  });
  expect(bookAt(session, 640)?.book).toMatchObject({
    eventTime: START + 640,
    bids: [
      [34_967, 385],
      [34_961, 384],
    ],
    asks: [
      [34_969, 147_306],
      [34_970, 154_451],
    ],
  });
});

test('P16: ten seconds without a whole book are a hole, whatever the best levels say', async () => {
  const best = (ms: number) => [ms, at(BEST, ms)] as const;
  const file = dump([
    [100, at(BOOK, 100)],
    best(4_000),
    best(8_000),
    [10_200, at(BOOK, 10_200)],
    [10_700, at(BOOK, 10_700)],
  ]);
  const { session, problemCounts } = await rig.of([file]);
  expect(problemCounts).toEqual({ 'book-gap': 1 });
  expect(rig.history.sessions.gaps(session)).toMatchObject([{ to: START + 10_200 }]);
  expect(bookAt(session, 10_200)).toMatchObject({ book: { eventTime: START + 10_200 } });
  expect(bookAt(session, 10_200)?.gap).toBeUndefined();
});

test('a frame that cannot be read costs the book nothing, and is reported', async () => {
  const file = dump([
    [100, at(BOOK, 100)],
    [200, BOOK.slice(0, 60)],
    [640, at(BOOK.replace('"2.85"', '"9"'), 640)],
  ]);
  const { session, problemCounts } = await rig.of([file]);
  expect(problemCounts).toEqual({ 'bad-line': 1 });
  expect(rig.history.sessions.gaps(session)).toEqual([]);
  expect(bookAt(session, 640)?.book.bids[0]).toEqual([34_967, 900]);
});

test('V15: trades count once, whether a socket, a subscription or a request tells them again', async () => {
  const rowsOf = (...frames: readonly string[]) =>
    frames.flatMap((frame) => (JSON.parse(frame) as { data: readonly unknown[] }).data);
  const ws = dump([
    [100, at(BOOK, 100)],
    [150, tradeAt(150)],
    [300, tradeAt(300)],
    // Another socket's; then one that begins with trades of before.
    [310, tradeAt(300)],
    [900, JSON.stringify({ channel: 'trades', data: rowsOf(tradeAt(900), tradeAt(300)) })],
    [1_000, at(BOOK, 1_000)],
  ]);
  // One from before the first, one that the stream had, one that it had not.
  const asked = JSON.stringify(rowsOf(tradeAt(600), tradeAt(300), tradeAt(50)));
  const rest = rig.file('HYPERLIQUID.http.0.0', [
    `https://api.hyperliquid.xyz/info -> ${AT + 2}.0: ${asked}`,
    '',
  ]);
  const { session, problemCounts } = await rig.of([ws, rest]);
  const times = rig.history.trades
    .after(session, SYMBOL, 0, 100)
    .map(({ eventTime }) => eventTime - START);
  expect(times.toSorted((a, b) => a - b)).toEqual([150, 300, 600, 900]);
  expect(problemCounts).toEqual({ duplicate: 1 });
});
