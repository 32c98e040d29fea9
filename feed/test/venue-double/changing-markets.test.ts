/* V13: markets that halt, reopen, are delisted, listed again, or get other steps, on a manual clock. */
import { afterEach, expect, test } from 'vitest';

import { type DoubleName, DOUBLES, VenueRig } from './test-venue-rig.ts';

const HEAL_MS = 15_000;
/** A list is asked for again after one that lacks a market, or has it as halted. */
const SOON_MS = 70_000;
/** And at least so often in any case. */
const ROUND_MS = 620_000;

/** A venue's word for an open market, and for one that is halted. Bitfinex lists what trades, and has no such word. */
const WORDS: Readonly<Partial<Record<DoubleName, readonly [open: string, halted: string]>>> = {
  'binance-usdm': ['"TRADING"', '"HALT"'],
  bitstamp: ['"Enabled"', '"Disabled"'],
  bybit: ['"Trading"', '"PreLaunch"'],
  coinbase: ['"trading_disabled":false', '"trading_disabled":true'],
  deribit: ['"open"', '"halted"'],
  kraken: ['"online"', '"cancel_only"'],
  okx: ['"live"', '"suspend"'],
};
const HALTING = Object.keys(WORDS) as DoubleName[];

let rig: VenueRig;
afterEach(() => rig.close());

function begin(name: DoubleName): { readonly changed: string; readonly other: string } {
  rig = new VenueRig(name, 5);
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
  rig.run(1_000);
  const [changed = '', other = ''] = rig.ids;
  return { changed, other };
}

/** Time until a market stands so; undefined if that takes longer. */
function untilHalted(id: string, reason: string, withinMs: number): number | undefined {
  for (let passed = 0; passed <= withinMs; passed += 1_000) {
    const market = rig.market(id);
    if (market?.state === 'halted' && market.reason === reason) return passed;
    rig.clock.advance(1_000);
  }
  return undefined;
}

const statesOf = (id: string, from: number): readonly string[] =>
  rig.said
    .slice(from)
    .flatMap((event) =>
      event.type === 'state' && event.symbol === rig.market(id)?.symbol ? [event.state] : [],
    );

const listRequests = (): number =>
  rig.double.requests.filter(({ path }) =>
    /exchangeInfo|AssetPairs|pub:info|instruments|trading-pairs|products(\/[^/]+)?$/.test(path),
  ).length;

const subscriptions = (): number =>
  rig.double.texts.filter(({ text }) => /subscribe/i.test(text)).length;

test.each(HALTING)('V13: %s: a halt is said with the venue’s word, and so is its end', (name) => {
  begin(name);
  const [open = '', halted = ''] = WORDS[name] ?? [];
  rig.double.faults.halted = new Set(rig.ids);
  rig.double.faults.instruments = (body) => body.replaceAll(open, halted);
  for (const id of rig.ids) {
    expect(untilHalted(id, 'halt', SOON_MS)).toBeDefined();
    const word = /([\w-]+)"?(?::true)?$/.exec(halted)?.[1];
    expect(rig.problemOf(id)).toBe(`halted by the venue ("${word}")`);
  }
  // However often it is interrupted, it is not said to be ok or stale, and costs few requests and frames.
  const [from, asked, sent] = [rig.said.length, listRequests(), subscriptions()];
  rig.clock.advance(60_000);
  rig.double.cut(1006);
  rig.clock.advance(540_000);
  for (const id of rig.ids) {
    expect(statesOf(id, from)).not.toContain('ok');
    expect(statesOf(id, from)).not.toContain('stale');
    expect(rig.market(id)?.state).toBe('halted');
  }
  const paths = name === 'coinbase' ? rig.ids.length : 2;
  expect(listRequests() - asked).toBeLessThanOrEqual(11 * paths);
  expect(subscriptions() - sent).toBeLessThan(100);
  delete rig.double.faults.halted;
  delete rig.double.faults.instruments;
  expect(rig.untilRight(SOON_MS + HEAL_MS)).toBeDefined();
  for (const id of rig.ids) expect(rig.problemOf(id)).toBeUndefined();
});

/** Each way in which a venue lists its markets. Hyperliquid's has a test of its own. */
const LISTS = DOUBLES.filter((name) => !/-(usdm|coinm|linear|inverse)$|^hyper/.test(name));

test.each(LISTS)('V13: %s: a market that is not listed any more is delisted, no other', (name) => {
  const { changed, other } = begin(name);
  const [epoch, from] = [rig.market(other)?.epoch, rig.said.length];
  rig.double.faults.halted = new Set([changed]);
  rig.double.faults.unlisted = new Set([changed]);
  expect(untilHalted(changed, 'delisted', 3 * SOON_MS)).toBeDefined();
  expect(rig.problemOf(changed)).toBe('delisted: the venue does not list it any more');
  expect(statesOf(other, from)).toEqual([]);
  expect(rig.market(other)?.epoch).toBe(epoch);
  expect(rig.isRight(other)).toBe(true);
  // Listed again, it is live again.
  delete rig.double.faults.halted;
  delete rig.double.faults.unlisted;
  expect(rig.untilRight(ROUND_MS + HEAL_MS)).toBeDefined();
  expect(rig.problemOf(changed)).toBeUndefined();
});

test.each(['marked as delisted', 'absent'])(
  'V13: of a venue that ends the socket of an unknown market, one that is %s is not subscribed again',
  (how) => {
    const { changed, other } = begin('hyperliquid');
    rig.double.faults.halted = new Set([changed]);
    if (how === 'absent') rig.double.faults.unlisted = new Set([changed]);
    else
      rig.double.faults.instruments = (body) =>
        body.replace(`"name":"${changed}"`, `"name":"${changed}","isDelisted":true`);
    expect(untilHalted(changed, 'delisted', SOON_MS)).toBeLessThan(30_000);
    const from = rig.double.texts.length;
    rig.double.cut(1006);
    rig.clock.advance(ROUND_MS);
    const texts = rig.double.texts.slice(from).map(({ text }) => text);
    expect(texts.filter((text) => text.includes(`"${other}"`))).not.toEqual([]);
    expect(texts.filter((text) => text.includes(`"${changed}"`))).toEqual([]);
    expect(rig.isRight(other)).toBe(true);
    expect(rig.market(changed)?.state).toBe('halted');
    delete rig.double.faults.halted;
    delete rig.double.faults.unlisted;
    delete rig.double.faults.instruments;
    expect(rig.untilRight(ROUND_MS + HEAL_MS)).toBeDefined();
  },
);

/** An interruption, after which the list is asked for: the market may have changed. */
function shake(): void {
  rig.double.faults.isSilent = true;
  rig.double.cut(1006);
  rig.clock.advance(15_000);
  delete rig.double.faults.isSilent;
  expect(rig.untilRight(HEAL_MS)).toBeDefined();
}

test('V13: a list without a market whose book is up to date is not believed', () => {
  const { changed } = begin('kraken');
  shake();
  const [from, asked] = [rig.said.length, listRequests()];
  rig.double.faults.instruments = (body) => body.replaceAll('"XBT/USD"', '"NEW/USD"');
  for (let i = 0; i < 3; i++) {
    rig.clock.advance(50_000);
    shake();
  }
  expect(listRequests() - asked).toBeGreaterThanOrEqual(2);
  expect(statesOf(changed, from)).not.toContain('halted');
  expect(rig.problemOf(changed)).toBeUndefined();
});

test('V13: an empty list is no news', () => {
  const { changed } = begin('kraken');
  rig.double.faults.halted = new Set(rig.ids);
  rig.double.faults.unlisted = new Set(rig.ids);
  expect(untilHalted(changed, 'delisted', ROUND_MS)).toBeUndefined();
});

test('V13: finer steps begin a new epoch, without a wrong book; coarser ones change nothing', () => {
  const { changed } = begin('okx');
  const steps = '"tickSz":"0.1"';
  rig.double.faults.instruments = (body) => body.replaceAll(steps, '"tickSz":"0.5"');
  shake();
  expect(rig.market(changed)?.instrument.tickSize).toBe('0.1');
  rig.double.faults.instruments = (body) => body.replaceAll(steps, '"tickSz":"0.01"');
  rig.clock.advance(50_000);
  const epoch = rig.market(changed)?.epoch;
  shake();
  expect(rig.market(changed)?.instrument.tickSize).toBe('0.01');
  expect(rig.market(changed)?.epoch).not.toBe(epoch);
  rig.run(5_000);
  expect(rig.isRight(changed)).toBe(true);
});

test('V13: a market that its venue refused is live once it is listed', () => {
  const requests = { status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}' };
  rig = new VenueRig('binance', 5, { faults: { requests } });
  rig.clock.advance(30_000);
  const [id = ''] = rig.ids;
  expect(rig.market(id)).toBeUndefined();
  expect(rig.problemOf(id)).toContain('Invalid symbol');
  delete rig.double.faults.requests;
  expect(rig.untilRight(ROUND_MS + HEAL_MS)).toBeDefined();
  expect(rig.problemOf(id)).toBeUndefined();
});
