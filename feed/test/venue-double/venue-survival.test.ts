/* V7-V11 and V16, one fault at a time, on a manual clock. */
import { afterEach, expect, test } from 'vitest';

import { LIVE_VENUES } from '../../src/venue/live/live-venues.ts';
import { type DoubleName, DOUBLES, VenueRig } from './test-venue-rig.ts';

const HEAL_MS = 15_000;
let rig: VenueRig;
afterEach(() => rig.close());

function begin(name: DoubleName, options: ConstructorParameters<typeof VenueRig>[2] = {}): void {
  rig = new VenueRig(name, 5, options);
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

/**
 * A missing delta is noticed at once, and shows whose it is: a socket of Bitfinex carries several markets, and its
 * counter does not say that.
 */
const ALONE = DOUBLES.filter(
  (name) => name !== 'bitfinex' && LIVE_VENUES.get(name)?.capability.loss !== 'none',
);

test.each(ALONE)('V7: %s: a fault of one market does not affect another', (name) => {
  begin(name);
  const [faulty = '', other = ''] = rig.ids;
  const epoch = rig.market(other)?.epoch;
  const from = rig.said.length;
  let count = 0;
  rig.double.faults.frame = ({ stream, text }) =>
    isOf(stream, faulty) && count++ % 20 === 7 ? [] : [{ text, afterMs: 0 }];
  rig.run(8_000);
  delete rig.double.faults.frame;
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
  expect(wordsOf(faulty, from)).toContain('snapshot');
  expect(wordsOf(other, from)).toEqual([]);
  expect(rig.market(other)?.epoch).toBe(epoch);
});

test.each([
  ['bitfinex', 'trades'],
  ['coinbase', 'market_trades'],
] as const)('%s: a frame missing on a shared socket costs all of its books', (name, channel) => {
  begin(name, { limits: { symbolsPerSocket: 4 } });
  const from = rig.said.length;
  let isLost = false;
  rig.double.faults.frame = ({ stream, text }) => {
    if (isLost || !stream.startsWith(channel)) return [{ text, afterMs: 0 }];
    isLost = true;
    return [];
  };
  rig.run(4_000);
  expect(isLost).toBe(true);
  for (const id of rig.ids) {
    expect(wordsOf(id, from)).toEqual(['syncing upstream-gap', 'snapshot']);
    expect(rig.isRight(id)).toBe(true);
    rig.run(6_000);
    expect(rig.tradesOf(id)).toEqual({ wrong: 0, missing: 0, lost: 0 });
  }
});

test.each(['bitfinex', 'coinbase'] as const)(
  '%s: a frame missing on one socket costs no book of another',
  (name) => {
    begin(name, { limits: { symbolsPerSocket: 2 } });
    const [faulty = '', other = ''] = rig.ids;
    const from = rig.said.length;
    const epoch = rig.market(other)?.epoch;
    let count = 0;
    rig.double.faults.frame = ({ stream, text }) =>
      isOf(stream, faulty) && count++ % 20 === 7 ? [] : [{ text, afterMs: 0 }];
    rig.run(4_000);
    expect(wordsOf(faulty, from)).toContain('syncing upstream-gap');
    expect(wordsOf(other, from)).toEqual([]);
    expect(rig.market(other)?.epoch).toBe(epoch);
  },
);

test.each(DOUBLES)('V8: %s: an acknowledged but silent market becomes stale, alone', (name) => {
  begin(name);
  const [silent = '', other = ''] = rig.ids;
  rig.double.cut(1001);
  rig.double.faults.isSilent = true;
  rig.run(1_500);
  rig.double.faults.isSilent = false;
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
  const from = rig.said.length;
  rig.double.faults.isMute = (stream) => isOf(stream, silent);
  rig.run(14_000);
  expect(rig.market(silent)?.state).toBe('stale');
  expect(wordsOf(other, from)).toEqual([]);
});

test.each(DOUBLES)(
  'V11: %s: a socket at its maximum age is replaced without a state change',
  (name) => {
    begin(name, { limits: { socketLifeMs: 20_000 } });
    const from = rig.said.length;
    const dials = rig.double.dials.length;
    rig.run(70_000);
    expect(rig.double.dials.length).toBeGreaterThanOrEqual(dials + 2);
    for (const id of rig.ids) {
      expect(wordsOf(id, from)).toEqual([]);
      expect(rig.isRight(id)).toBe(true);
      expect(rig.tradesOf(id)).toEqual({ wrong: 0, missing: 0, lost: 0 });
    }
  },
);

/** Sockets carry many markets each, and end one after another while their replacements are opened. */
test.each([
  ['binance', 8],
  ['kraken', 40],
  // Three sockets each.
  ['okx', 60],
  ['bybit', 60],
] as const)(
  'V11: %s: %i markets are moved under load: no book is stale for it, no trade lost or told twice',
  (name, copies) => {
    rig = new VenueRig(name, 5, { copies, limits: { socketLifeMs: 8_000 } });
    expect(rig.untilRight(60_000)).toBeDefined();
    rig.run(1_000);
    const from = rig.said.length;
    const dials = rig.double.dials.length;
    rig.run(20_000);
    expect(rig.double.dials.length).toBeGreaterThanOrEqual(dials + 2);
    for (const id of rig.ids) {
      expect(wordsOf(id, from)).toEqual([]);
      expect(rig.isRight(id)).toBe(true);
      expect(rig.tradesOf(id)).toEqual({ wrong: 0, missing: 0, lost: 0 });
    }
  },
);

const NOTICES = [
  ['bitfinex', '{"event":"info","code":20051,"msg":"Stopping. Please try to reconnect"}'],
  ['binance', '{"stream":"","data":{"e":"serverShutdown","E":1}}'],
  ['kraken', '{"channel":"status","type":"update","data":[{"system":"maintenance"}]}'],
  [
    'deribit',
    '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"platform_state","data":{"maintenance":true}}}',
  ],
  [
    'okx',
    '{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. Please reconnect.","connId":"a4d3ae55"}',
  ],
  ['bitstamp', '{"event":"bts:request_reconnect","channel":"","data":""}'],
] as const;

test.each(NOTICES)(
  'V11: %s ends a socket early: the books that its replacement has stay ok',
  (name, notice) => {
    begin(name);
    // Bitfinex allows one socket in three seconds.
    rig.run(3_000);
    const from = rig.said.length;
    rig.double.say(notice);
    rig.run(1_500);
    expect(rig.double.lineCount).toBe(2);
    rig.double.cutOldest(1006);
    rig.run(2_000);
    for (const id of rig.ids) {
      expect(wordsOf(id, from)).toEqual([]);
      expect(rig.isRight(id)).toBe(true);
    }
  },
);

test.each(NOTICES)(
  'V11: %s announces the end of a socket: another one replaces it first',
  (name, notice) => {
    begin(name);
    const from = rig.said.length;
    rig.double.say(notice);
    rig.run(5_000);
    expect(rig.double.lineCount).toBe(1);
    rig.run(3_000);
    for (const id of rig.ids) {
      expect(wordsOf(id, from)).toEqual([]);
      expect(rig.tradesOf(id)).toEqual({ wrong: 0, missing: 0, lost: 0 });
    }
  },
);

test.each(DOUBLES)('V9: %s: a half-open socket is noticed within 25 s', (name) => {
  begin(name);
  const from = rig.double.dials.length;
  rig.double.faults.isHalfOpen = true;
  rig.run(25_000);
  expect(rig.double.dials.length).toBeGreaterThan(from);
  for (const id of rig.ids) expect(rig.market(id)?.state).not.toBe('ok');
  rig.double.faults.isHalfOpen = false;
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
});

test.each(DOUBLES)('V10: %s: at most 20 attempts in 2 s, and at most 80 in a minute', (name) => {
  begin(name);
  rig.double.faults.upgrades = { status: 502 };
  const from = rig.double.dials.length;
  rig.double.cut(1006);
  rig.run(2_000);
  expect(rig.double.dials.length - from).toBeLessThanOrEqual(20);
  rig.run(58_000);
  expect(rig.double.dials.length - from).toBeLessThanOrEqual(80);
  expect(rig.double.dials.length - from).toBeGreaterThan(5);
});

test.each(DOUBLES)('V10: %s: during a ban there is neither a request nor a new socket', (name) => {
  begin(name);
  // Bitfinex allows one socket in three seconds.
  rig.run(3_000);
  rig.double.faults.requests = { status: 429, retryAfter: 8 };
  rig.double.faults.upgrades = { status: 429, retryAfter: 8 };
  const counts = (): number => rig.double.dials.length + rig.double.requests.length;
  rig.double.cut(1001);
  rig.run(1_500);
  const [at] = [rig.clock.monotonic()];
  const before = counts();
  rig.run(6_000);
  expect([at > 0, counts()]).toEqual([true, before]);
  rig.double.faults.requests = undefined;
  rig.double.faults.upgrades = undefined;
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
});

const UNLISTED = DOUBLES.filter((name) => LIVE_VENUES.get(name)?.instruments.onlyListed !== true);

test.each(UNLISTED)('%s: a venue that lists no instruments is still read correctly', (name) => {
  rig = new VenueRig(name, 5, { hasInstruments: false });
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
  rig.run(10_000);
  for (const id of rig.ids) {
    expect(rig.isRight(id)).toBe(true);
    expect(rig.tradesOf(id).wrong).toBe(0);
  }
});

test('V13: hyperliquid: one unknown id would end a socket: nothing is subscribed before it is listed', () => {
  rig = new VenueRig('hyperliquid', 5, { hasInstruments: false });
  rig.run(20_000);
  expect(rig.double.dials).toEqual([]);
  for (const id of rig.ids)
    expect(rig.problemOf(id)).toMatch(/no market is subscribed before the venue has listed/);
  rig.double.faults.hasNoInstruments = false;
  expect(rig.untilRight(60_000)).toBeDefined();
  const from = rig.said.length;
  const { dials } = rig.double;
  const dialled = dials.length;
  for (const id of ['NOPE', 'LOOM']) rig.add(id);
  rig.run(10_000);
  expect(rig.problemOf('NOPE')).toBe('the venue lists no such instrument');
  expect(rig.problemOf('LOOM')).toBe('the venue has delisted it');
  expect(rig.double.texts.filter(({ text }) => /NOPE|LOOM/.test(text))).toEqual([]);
  expect(dials.length).toBe(dialled);
  for (const id of rig.ids) expect(wordsOf(id, from)).toEqual([]);
});

test('V9: hyperliquid: a book of which only the best levels arrive is not up to date', () => {
  begin('hyperliquid');
  const [silent = '', other = ''] = rig.ids;
  const from = rig.said.length;
  rig.double.faults.isMute = (stream) => stream === `l2Book ${silent}`;
  rig.run(3_000);
  expect(wordsOf(silent, from)).toEqual(['stale upstream-silent']);
  expect(wordsOf(other, from)).toEqual([]);
  rig.double.faults.isMute = undefined;
  rig.run(1_000);
  expect(wordsOf(silent, from)).toEqual(['stale upstream-silent', 'ok upstream-silent']);
});

test('V9: hyperliquid is told that its client lives, also on a busy socket', () => {
  begin('hyperliquid');
  const from = rig.clock.monotonic();
  rig.run(62_000);
  const pings = rig.double.texts.filter(({ text }) => text === '{"method":"ping"}');
  expect(pings.filter(({ at }) => at >= from).length).toBe(2);
});

test('V16: a book whose stream is 6 s late is not ok, and is right again once it is on time', () => {
  begin('kraken');
  rig.double.faults.frame = ({ text }) => [{ text, afterMs: 6_000 }];
  rig.run(10_000);
  for (const id of rig.ids) expect(rig.market(id)?.state).not.toBe('ok');
  delete rig.double.faults.frame;
  rig.run(6_000);
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
});

test('V9: Bybit is pinged every 20 s on a busy socket; OKX on a silent one, which is then kept', () => {
  begin('bybit');
  const from = rig.clock.monotonic();
  rig.run(62_000);
  const pings = rig.double.texts.filter(({ at, text }) => at >= from && text === '{"op":"ping"}');
  expect(pings.length).toBe(3);
  rig.close();
  begin('okx');
  expect(rig.double.texts.filter(({ text }) => text === 'ping')).toEqual([]);
  rig.double.faults.frame = () => [];
  const dials = rig.double.dials.length;
  const silent = rig.clock.monotonic();
  rig.run(8_000);
  const [first] = rig.double.texts.filter(({ text }) => text === 'ping');
  expect((first?.at ?? 0) - silent).toBeLessThan(7_000);
  rig.double.faults.frame = undefined;
  // Its books were subscribed on another socket meanwhile: the silent one was not given up.
  expect(rig.double.dials.length - dials).toBeLessThanOrEqual(1);
});

test('V9: Deribit asks for a sign of life and gets it, on each socket', () => {
  begin('deribit');
  const from = rig.double.texts.length;
  rig.double.say('{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}');
  rig.run(200);
  expect(rig.double.texts.slice(from).map(({ text }) => text)).toEqual([
    '{"jsonrpc":"2.0","id":0,"method":"public/test","params":{}}',
  ]);
});

test('V12: trades that Bybit did not send are found in its list of recent ones', () => {
  begin('bybit');
  let count = 0;
  rig.double.faults.frame = ({ stream, text }) =>
    stream.startsWith('publicTrade') && count++ % 5 === 2 ? [] : [{ text, afterMs: 0 }];
  rig.run(15_000);
  rig.double.faults.frame = undefined;
  rig.double.cut(1006);
  rig.run(20_000);
  for (const id of rig.ids) expect(rig.tradesOf(id)).toEqual({ wrong: 0, missing: 0, lost: 0 });
  expect(rig.said.filter(({ type }) => type === 'status')).not.toContainEqual(
    expect.objectContaining({ message: expect.stringMatching(/unknown number/) as string }),
  );
});

test('V8: trades of COIN-M that are silent on one path come from another, and back', () => {
  begin('binance-coinm');
  let silent = '/stream';
  rig.double.faults.frame = ({ stream, text, path }) =>
    stream.endsWith('@aggTrade') && path === silent ? [] : [{ text, afterMs: 0 }];
  rig.double.cut(1006);
  rig.run(12_000);
  silent = '/market/ws';
  rig.double.cut(1006);
  rig.run(12_000);
  rig.run(20_000);
  for (const id of rig.ids) expect(rig.tradesOf(id)).toEqual({ wrong: 0, missing: 0, lost: 0 });
  expect(rig.double.lineCount).toBe(1);
});

function isOf(stream: string, id: string): boolean {
  return stream.toLowerCase().includes(id.toLowerCase());
}

/** Most sockets and frames that it takes, and most frames in a second. */
test.each([
  // Subscriptions of books and trades, a hundred per frame, and no unsubscriptions.
  ['kraken', 8, 20, 10],
  // 28 books per socket.
  ['okx', 16, 32, 10],
  // A frame per market.
  ['bybit', 8, 260, 40],
] as const)(
  'V10: %s: 200 books that lose their sockets together come back within the budget',
  (name, dials, frames, rate) => {
    rig = new VenueRig(name, 5, { copies: 200 });
    expect(rig.untilRight(60_000)).toBeDefined();
    const from = rig.double.dials.length;
    const heard = rig.double.heard.length;
    rig.double.cut(1006);
    expect(rig.untilRight(HEAL_MS)).toBeDefined();
    expect(rig.double.dials.length - from).toBeLessThanOrEqual(dials);
    expect(rig.double.heard.length - heard).toBeLessThanOrEqual(frames);
    for (const at of rig.double.heard)
      expect(
        rig.double.heard.filter((each) => each >= at && each < at + 1_000).length,
      ).toBeLessThanOrEqual(rate);
  },
);
