/* Recordings as a live market, compared with the books and candles that an independent program made of them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import type { SourceTrade } from '@tapedeck/market/instrument/market-event';
import { DecimalScale } from '@tapedeck/market/number/decimal';
import { Random } from '@tapedeck/market/number/random';
import { ManualClock } from '@tapedeck/market/time/clock';

import { Ingest } from '../../src/engine/ingest.ts';
import { MarketEngine } from '../../src/engine/market-engine.ts';
import type { SymbolMarket } from '../../src/engine/symbol-market.ts';
import { VenueSource } from '../../src/source/venue/venue-source.ts';
import { LIVE_VENUES } from '../../src/venue/live/live-venues.ts';
import { EXCERPTS, FIXTURES } from '../import/test-fixtures.ts';
import { BinanceDouble, binanceSpeech } from './double-binance.ts';
import { DoubleVenue } from './double-venue.ts';
import { DoubleWire } from './double-wire.ts';
import { hashOfBook } from './test-venue-rig.ts';

type Golden = {
  readonly book_marks: readonly { readonly mark_ms: number; readonly book_sha256: string }[];
  readonly candles_market: readonly (readonly [number, ...(string | number)[]])[];
};
type Night = {
  readonly venue: 'binance' | 'binance-usdm';
  readonly id: string;
  readonly files: readonly string[];
  readonly golden: string;
};

const MINUTE_MS = 60_000;

async function play({ venue: name, id, files, golden: path }: Night): Promise<void> {
  const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden;
  const clock = new ManualClock();
  const market = new BinanceDouble(id, ...files);
  const api = name === 'binance' ? '/api/v3' : '/fapi/v1';
  const double = new DoubleVenue(clock, binanceSpeech(api), [market]);
  const venue = LIVE_VENUES.get(name);
  if (venue === undefined) throw new Error(`no venue ${name}`);
  const engine = new MarketEngine({ clock, nextEpoch: () => 'e', candles: () => [] });
  const ingest = new Ingest(engine, () => undefined);
  const origins = { socket: 'ws://double:1', http: 'http://double:1' };
  const wire = new DoubleWire(clock, double);
  const wanted = [{ venue, origins, markets: [id] }];
  const source = new VenueSource({ wanted, wire, clock, random: new Random(1) });
  const books = new Map<number, string>();
  const trades: SourceTrade[] = [];
  const words: string[] = [];
  double.start();
  source.start((event) => {
    if (event.type === 'trade') trades.push(event);
    if (event.type === 'state') words.push(`${event.state} ${event.reason}`);
    const live = engine.market(`${id}@${name}`);
    if (event.type === 'update' && live?.ready === true)
      for (const [i, { mark_ms: mark }] of golden.book_marks.entries()) {
        // The last mark is the end and includes the delta at that moment.
        const isOver = event.eventTime >= (i === golden.book_marks.length - 1 ? mark + 1 : mark);
        if (isOver && !books.has(mark)) books.set(mark, hashOfBook(live));
      }
    ingest.sink(event);
  });
  while (market.round === 0) clock.advance(1_000);
  clock.advance(1_000);
  source.close();
  double.stop();
  expect(words).toEqual([]);
  expect(Object.fromEntries(books)).toEqual(
    Object.fromEntries(golden.book_marks.map((mark) => [mark.mark_ms, mark.book_sha256])),
  );
  const live = engine.market(`${id}@${name}`);
  const own = live === undefined ? [] : candlesOf(trades, live);
  // The first minute is incomplete, and in the last one the recording starts over.
  const whole = golden.candles_market.slice(1, -1);
  expect(own.filter(([open]) => whole.some((each) => each[0] === open))).toEqual(whole);
}

/** Rows as in the goldens: open time, open, high, low, close, volume, trades, buy volume. */
function candlesOf(
  trades: readonly SourceTrade[],
  { instrument }: SymbolMarket,
): readonly (readonly (string | number)[])[] {
  const price = new DecimalScale(instrument.tickSize);
  const size = new DecimalScale(instrument.lotSize);
  const minutes = Map.groupBy(trades, ({ eventTime }) => eventTime - (eventTime % MINUTE_MS));
  return [...minutes].map(([open, of]) => {
    const prices = of.map(({ priceTicks }) => priceTicks);
    const volume = (some: readonly SourceTrade[]): string =>
      size.toPlainText(some.reduce((sum, { sizeLots }) => sum + sizeLots, 0));
    const texts = [prices[0], Math.max(...prices), Math.min(...prices), prices.at(-1)].map((each) =>
      price.toPlainText(each ?? 0),
    );
    const bought = of.filter(({ aggressor }) => aggressor === 'buy');
    return [open, ...texts, volume(of), of.length, volume(bought)];
  });
}

test.each(['spot', 'usdm'] as const)('an excerpt of %s gives the golden books', async (kind) => {
  await play({
    venue: kind === 'spot' ? 'binance' : 'binance-usdm',
    id: 'ETHUSDT',
    files: [join(EXCERPTS, `${kind}-ethusdt.gz`)],
    golden: join(EXCERPTS, `${kind}-ethusdt.golden.json`),
  });
});

const NIGHT = join(FIXTURES, 'binance_20240808');

test.skipIf(!existsSync(NIGHT)).each([
  ['spot', 'btcusdt', ['20240808', '20240809']],
  ['spot', 'ethusdt', ['20240808', '20240809']],
  ['usdm', 'btcusdt', ['20240808']],
  ['usdm', 'ethusdt', ['20240808']],
] as const)('the night of %s %s gives the golden books and candles', async (kind, name, days) => {
  await play({
    venue: kind === 'spot' ? 'binance' : 'binance-usdm',
    id: name.toUpperCase(),
    files: days.map((day) => join(NIGHT, kind, `${name}_${day}.gz`)),
    golden: join(
      FIXTURES,
      'goldens',
      `${kind}_${name}_${days.length === 2 ? '2024-08-08-09' : '2024-08-08'}.json`,
    ),
  });
});
