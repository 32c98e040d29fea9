/*
 * The scanner reads a line exactly as the full parser does, or leaves it to the parser: checked on every line of the
 * available recordings, and on the same lines with a few bytes changed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import type { TextLevel } from '@tapedeck/market/book/text-level';
import { must } from '@tapedeck/market/number/assert';
import { DecimalError, DecimalScale } from '@tapedeck/market/number/decimal';
import type { Level } from '@tapedeck/market/number/level';
import { Random } from '@tapedeck/market/number/random';

import { EXCERPTS, FIXTURES } from '../../../test/import/test-fixtures.ts';
import { BinanceScanner } from './binance-scanner.ts';
import { binanceCollectorFormat } from './collector-recording.ts';
import type { ParsedLine, ScannedKind } from './recording-format.ts';

const NIGHTS = join(FIXTURES, 'binance_20240808');
const SEED = Number(process.env['TAPEDECK_TEST_SEED'] ?? 20_261_121);
/** Lines of a whole night that are mutated; of an excerpt all are, many times. */
const MUTATED_LINES = 1_500;
const MUTATIONS = 12;

const SPOIL = '0123456789.,:"[]{}-+eE \\tsMXabé';

type Grid = { readonly price: DecimalScale; readonly size: DecimalScale };
const PRICES: Readonly<Record<string, string>> = { BTC: '0.01', ETH: '0.01' };

function gridOf(market: string): Grid {
  const step = must(PRICES[market.slice(0, 3)], market);
  return { price: new DecimalScale(step), size: new DecimalScale('0.00001') };
}

/** What the full parser makes of a line, on the grid; `other` for a problem or anything that is not scanned. */
function expected(line: string, market: string, grid: Grid): unknown {
  const [parsed] = [binanceCollectorFormat.reader('').read(line, '')].flat() as ParsedLine[];
  if (parsed?.kind !== 'event' || parsed.market !== market) return 'other';
  const { event, receiveTime, receiveText } = parsed;
  const levels = (side: readonly TextLevel[]): Level[] =>
    side.map(([price, size]) => [grid.price.toUnits(price), grid.size.toUnits(size)]);
  const at = { receiveTime, receiveText };
  try {
    if (event.type === 'diff') {
      const { firstId, lastId, previousId, eventTime } = event;
      const ids = { firstId, lastId, previousId, eventTime };
      return { kind: 'diff', ...at, ...ids, bids: levels(event.bids), asks: levels(event.asks) };
    }
    if (event.type === 'ticker')
      return { kind: 'ticker', ...at, id: event.updateId, levels: levels([event.bid, event.ask]) };
    if (event.type !== 'trade' || event.kind !== 'MARKET') return 'other';
    const { id, eventTime, aggressor } = event;
    const level = levels([[event.price, event.size]]);
    return { kind: 'trade', ...at, id, eventTime, aggressor, level };
  } catch (error) {
    if (error instanceof DecimalError) return 'other';
    throw error;
  }
}

/** What the scanner makes of it, in the same form. */
function scanned(scanner: BinanceScanner, bytes: Uint8Array): unknown {
  const kind: ScannedKind = scanner.scan(bytes, 0, bytes.length - 1);
  if (kind === 'other') return 'other';
  const { timeDigits, seconds, fraction, bidCount, levels } = scanner;
  const rest = timeDigits === 10 ? '' : String(fraction).padStart(timeDigits - 10, '0');
  const receiveText = `${seconds}`.padStart(10, '0') + rest;
  const receiveTime = Number(receiveText.slice(0, 13).padEnd(13, '0'));
  const at = { receiveTime, receiveText };
  if (kind === 'diff') {
    const { firstId, lastId, previousId, eventTime } = scanner;
    const [bids, asks] = [levels.levels(0, bidCount), levels.levels(bidCount, levels.length)];
    return { kind, ...at, firstId, lastId, previousId, eventTime, bids, asks };
  }
  if (kind === 'ticker') {
    const { lastId: id, bid, bidSize, ask, askSize } = scanner;
    const both = [
      [bid, bidSize],
      [ask, askSize],
    ];
    return { kind, ...at, id, levels: both };
  }
  const { tradeId: id, tradeTime: eventTime, price, size, buyerIsMaker } = scanner;
  const aggressor = buyerIsMaker ? 'sell' : 'buy';
  return { kind, ...at, id, eventTime, aggressor, level: [[price, size]] };
}

/** One to three bytes changed, dropped, doubled or swapped with a character that JSON uses. */
function mutated(random: Random, line: string): string {
  let text = line;
  for (let n = random.integer(1, 3); n > 0; n--) {
    const at = random.integer(0, text.length - 1);
    const other = SPOIL.charAt(random.integer(0, SPOIL.length - 1));
    const [before, after] = [text.slice(0, at), text.slice(at + 1)];
    const kind = random.integer(0, 3);
    if (kind === 0) text = before + other + after;
    else if (kind === 1) text = before + after;
    else if (kind === 2) text = before + text.charAt(at) + text.charAt(at) + after;
    else text = before + after.slice(0, 1) + text.charAt(at) + after.slice(1);
  }
  return text;
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.gz'))
    .map((name) => join(folder, name));
}

const wholeNights = existsSync(NIGHTS)
  ? ['spot', 'usdm'].flatMap((kind) => filesOf(join(NIGHTS, kind)))
  : [];

test.each(filesOf(EXCERPTS).map((path) => [basename(path), path]))(
  'the excerpt %s: every line, and as many damaged ones',
  (_, path) => compare(must(path, 'a path'), Number.MAX_SAFE_INTEGER),
);

const NIGHT_FILES = wholeNights.map((path) => [basename(path), path]);

test.skipIf(NIGHT_FILES.length === 0).each(NIGHT_FILES.length === 0 ? [['none', '']] : NIGHT_FILES)(
  'the whole night %s: every line, and some damaged ones',
  { timeout: 120_000 },
  (_, path) => compare(must(path, 'a path'), MUTATED_LINES),
);

function compare(path: string, mutatedLines: number): void {
  const market = /btcusdt/i.test(path) ? 'BTCUSDT' : 'ETHUSDT';
  const grid = gridOf(market);
  const fixed = { priceFixed: true, sizeFixed: true };
  const scanner = must(BinanceScanner.for(market, { ...grid, ...fixed }), 'a scanner');
  const lines = gunzipSync(readFileSync(path)).toString().split('\n').filter(Boolean);
  const encoder = new TextEncoder();
  let understood = 0;
  for (const line of lines) {
    const found = scanned(scanner, encoder.encode(`${line}\n`));
    if (found === 'other') continue;
    understood++;
    if (JSON.stringify(found) !== JSON.stringify(expected(line, market, grid)))
      expect(found, line).toEqual(expected(line, market, grid));
  }
  // All but the snapshot and a few huge numbers: otherwise the fast path would be rare where it matters.
  expect(lines.length - understood).toBeLessThanOrEqual(5);
  const random = new Random(SEED);
  const step = Math.max(1, Math.floor(lines.length / mutatedLines));
  for (let i = 0; i < lines.length; i += step) {
    for (let n = 0; n < MUTATIONS; n++) {
      const line = mutated(random, must(lines[i], 'a line').slice(0, 2_000));
      const found = scanned(scanner, encoder.encode(`${line}\n`));
      if (found === 'other') continue;
      const wanted = expected(line, market, grid);
      if (JSON.stringify(found) !== JSON.stringify(wanted))
        expect(found, `seed ${SEED}: ${line}`).toEqual(wanted);
    }
  }
}

test('what is not plain is left to the full parser', () => {
  const grid = gridOf('ETHUSDT');
  const fixed = { priceFixed: true, sizeFixed: true };
  const scanner = must(BinanceScanner.for('ETHUSDT', { ...grid, ...fixed }), 'a scanner');
  const line = (data: string): ScannedKind => {
    const text = `1723161255088176367 {"stream":"x","data":${data}}\n`;
    const bytes = new TextEncoder().encode(text);
    return scanner.scan(bytes, 0, bytes.length - 1);
  };
  const trade = '{"e":"trade","T":1,"s":"ETHUSDT","t":1,"p":"1.5","q":"2","m":true}';
  expect(line(trade)).toBe('trade');
  for (const [from, to] of [
    ['"t":1', '"t":1234567890123456'],
    ['"t":1', '"t":01'],
    ['"1.5"', '"1.555"'],
    ['"1.5"', '"1e5"'],
    ['"1.5"', '".5"'],
    ['"1.5"', '"-1"'],
    ['"1.5"', '""'],
    ['true', 'null'],
    ['ETHUSDT', 'ETHUSDC'],
    ['"m":true', '"m":true,"m":true'],
    ['"m":true', '"m":true,"X":"INSURANCE_FUND"'],
    ['"m":true', '"m":true,"z":1'],
    ['"m":true', '"m":true,"b":"1"'],
    ['"T":1,', ''],
    ['"T":1', '"T":0'],
  ] as const)
    expect(line(trade.replace(from, to)), to).toBe('other');
  expect(
    BinanceScanner.for('ETHUSDT', { ...grid, price: new DecimalScale('0.5'), ...fixed }),
  ).toBeUndefined();
});
