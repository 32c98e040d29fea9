/* V6: books are compared with what their venue states about them. */
import { afterEach, expect, test } from 'vitest';

import { type DoubleName, VenueRig } from './test-venue-rig.ts';

const HEAL_MS = 15_000;
let rig: VenueRig;
afterEach(() => rig.close());

function begin(name: DoubleName): void {
  rig = new VenueRig(name, 5);
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
  rig.run(1_000);
}

/** State events and snapshots of a market since the event at `from`. */
function wordsOf(id: string, from: number): readonly string[] {
  const symbol = rig.market(id)?.symbol;
  return rig.said.slice(from).flatMap((event) => {
    if (event.type === 'state' && event.symbol === symbol)
      return [`${event.state} ${event.reason}`];
    return event.type === 'snapshot' && event.symbol === symbol ? ['snapshot'] : [];
  });
}

/** A size in the book's next delta arrives with another digit: the venue's best bid or ask shows it. */
test.each(['binance', 'binance-usdm', 'binance-coinm', 'bybit'] as const)(
  'V6: %s: digits that are altered on the way are noticed, and only that book starts over',
  (name) => {
    begin(name);
    const [altered = '', other = ''] = rig.ids;
    rig.run(5_000);
    const before = rig.audits(altered);
    expect(before?.matched).toBeGreaterThan(5);
    expect(before?.mismatched).toBe(0);
    const from = rig.said.length;
    let isDone = false;
    rig.double.faults.frame = ({ stream, text }) => {
      const best = rig.double.markets.get(altered)?.truth.best('bids') ?? ['', ''];
      const level = new RegExp(`\\["(${best[0].replace('.', '\\.')}0*)","([0-9.]+)"\\]`);
      const book = name === 'bybit' ? `orderbook.50.${altered}` : `${altered.toLowerCase()}@depth`;
      if (isDone || !stream.startsWith(book) || !level.test(text)) return [{ text, afterMs: 0 }];
      isDone = true;
      return [{ text: text.replace(level, '["$1","9$2"]'), afterMs: 0 }];
    };
    // Without checks: until the next quote the book that says ok is wrong.
    for (let passed = 0; passed < 10_000 && rig.audits(altered)?.mismatched === 0; passed += 50)
      rig.clock.advance(50);
    expect(isDone).toBe(true);
    expect(wordsOf(altered, from)).toContain('syncing checksum');
    expect(rig.untilRight(HEAL_MS)).toBeDefined();
    expect(rig.audits(altered)).toMatchObject({ mismatched: 1 });
    expect(wordsOf(other, from)).toEqual([]);
  },
);

test.each([
  ['missing', () => ''],
  ['altered', (text: string) => text.replace(/"0\.[0-8]/, '"0.9')],
] as const)('V6: bitstamp: deltas that are %s are noticed within five minutes', (_, alter) => {
  begin('bitstamp');
  const [faulty = '', other = ''] = rig.ids;
  const from = rig.said.length;
  let count = 0;
  rig.double.faults.frame = ({ stream, text }) =>
    stream === `diff_order_book_${faulty}` && ++count % 10 === 7
      ? [alter(text)].flatMap((each) => (each === '' ? [] : [{ text: each, afterMs: 0 }]))
      : [{ text, afterMs: 0 }];
  const isNoticed = (): boolean => (rig.audits(faulty)?.mismatched ?? 0) > 0;
  for (let passed = 0; passed < 300_000 && !isNoticed(); passed += 200) rig.clock.advance(200);
  expect(isNoticed()).toBe(true);
  delete rig.double.faults.frame;
  expect(wordsOf(faulty, from)[0]).toBe('syncing checksum');
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
  expect(wordsOf(other, from)).toEqual([]);
});

test('V6: hyperliquid: whole books are compared with those by REST at least every five minutes, and hold', () => {
  begin('hyperliquid');
  const from = rig.said.length;
  for (let passed = 0; passed < 300; passed++) rig.clock.advance(1_000);
  for (const id of rig.ids) {
    expect(rig.audits(id)).toMatchObject({ mismatched: 0 });
    expect(rig.audits(id)?.matched).toBeGreaterThanOrEqual(1);
    expect(wordsOf(id, from)).toEqual([]);
    expect(rig.isRight(id)).toBe(true);
  }
});

test('V6: hyperliquid: a stream with other sizes than the venue has is noticed within five minutes', () => {
  begin('hyperliquid');
  const [faulty = '', other = ''] = rig.ids;
  const from = rig.said.length;
  rig.double.faults.frame = ({ stream, text }) => [
    {
      text: stream === `l2Book ${faulty}` ? text.replaceAll('"sz":"', '"sz":"9') : text,
      afterMs: 0,
    },
  ];
  const isNoticed = (): boolean => (rig.audits(faulty)?.mismatched ?? 0) > 0;
  for (let passed = 0; passed < 300_000 && !isNoticed(); passed += 200) rig.clock.advance(200);
  expect(isNoticed()).toBe(true);
  delete rig.double.faults.frame;
  expect(wordsOf(faulty, from)[0]).toBe('syncing checksum');
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
  expect(wordsOf(other, from)).toEqual([]);
});

test('V6: bitstamp: books are compared with those by REST at least every five minutes', () => {
  begin('bitstamp');
  const from = rig.said.length;
  for (let passed = 0; passed < 6; passed++) rig.clock.advance(60_000);
  for (const id of rig.ids) {
    expect(rig.audits(id)).toMatchObject({ mismatched: 0 });
    expect(rig.audits(id)?.matched).toBeGreaterThanOrEqual(1);
    expect(wordsOf(id, from)).toEqual([]);
    expect(rig.isRight(id)).toBe(true);
  }
});
