/*
 * Real recorded markets against results computed by another program. The short excerpts are in the repository; the
 * whole nights are read from TAPEDECK_FIXTURES (default ../shared/data) and visibly skipped if that is absent.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { auditSession, holds } from '@tapedeck/db/check/session-audit';
import { type History, openHistory } from '@tapedeck/db/history';
import { DecimalScale } from '@tapedeck/market/number/decimal';
import type { Level } from '@tapedeck/market/number/level';
import { ManualClock } from '@tapedeck/market/time/clock';

import { importRecordings } from '../../src/import/session/recording-import.ts';
import { EXCERPTS, FIXTURES } from './test-fixtures.ts';

type Golden = {
  readonly candles_market: readonly (readonly (string | number)[])[];
  readonly book_marks: readonly {
    readonly mark_ms: number;
    readonly n_bids: number;
    readonly n_asks: number;
    readonly top_bids: readonly (readonly [string, string])[];
    readonly top_asks: readonly (readonly [string, string])[];
    readonly book_sha256: string;
  }[];
};

type Case = {
  readonly folder: string;
  readonly golden: string;
  readonly files: readonly string[];
  readonly symbol: string;
  readonly depth: number;
  readonly bookTicker: number;
  readonly trade: number;
  readonly best: readonly [equal: number, compared: number];
};

const NIGHT = 'binance_20240808';
const CASES: readonly Case[] = [
  {
    folder: EXCERPTS,
    golden: 'spot-ethusdt.golden.json',
    files: ['spot-ethusdt.gz'],
    symbol: 'ETHUSDT@binance',
    depth: 238,
    bookTicker: 1_813,
    trade: 324,
    best: [236, 236],
  },
  {
    folder: EXCERPTS,
    golden: 'usdm-ethusdt.golden.json',
    files: ['usdm-ethusdt.gz'],
    symbol: 'ETHUSDT@binance-usdm',
    depth: 135,
    bookTicker: 987,
    trade: 124,
    best: [130, 130],
  },
  {
    folder: FIXTURES,
    golden: 'goldens/spot_btcusdt_2024-08-08-09.json',
    // The later file first: the order of the arguments must not matter.
    files: [`${NIGHT}/spot/btcusdt_20240809.gz`, `${NIGHT}/spot/btcusdt_20240808.gz`],
    symbol: 'BTCUSDT@binance',
    depth: 6_495,
    bookTicker: 73_174,
    trade: 19_904,
    best: [6_491, 6_493],
  },
  {
    folder: FIXTURES,
    golden: 'goldens/spot_ethusdt_2024-08-08-09.json',
    files: [`${NIGHT}/spot/ethusdt_20240808.gz`, `${NIGHT}/spot/ethusdt_20240809.gz`],
    symbol: 'ETHUSDT@binance',
    depth: 6_470,
    bookTicker: 58_758,
    trade: 14_515,
    best: [6_468, 6_468],
  },
  {
    folder: FIXTURES,
    golden: 'goldens/usdm_btcusdt_2024-08-08.json',
    files: [`${NIGHT}/usdm/btcusdt_20240808.gz`],
    symbol: 'BTCUSDT@binance-usdm',
    depth: 6_551,
    bookTicker: 66_089,
    trade: 21_313,
    best: [6_547, 6_547],
  },
  {
    folder: FIXTURES,
    golden: 'goldens/usdm_ethusdt_2024-08-08.json',
    files: [`${NIGHT}/usdm/ethusdt_20240808.gz`],
    symbol: 'ETHUSDT@binance-usdm',
    depth: 6_586,
    bookTicker: 53_992,
    trade: 14_076,
    best: [6_581, 6_581],
  },
];

/** A golden in the grid's own plain decimals. */
class PlainGrid {
  readonly price: DecimalScale;
  readonly size: DecimalScale;

  constructor(history: History, symbol: string) {
    const instrument = history.instruments.get(symbol);
    this.price = new DecimalScale(instrument?.tickSize ?? '1');
    this.size = new DecimalScale(instrument?.lotSize ?? '1');
  }

  lines(side: 'a' | 'b', levels: readonly Level[]): readonly string[] {
    return levels.map((level) => `${side} ${this.#pair(level).join(' ')}`);
  }

  top(levels: readonly Level[]): readonly (readonly string[])[] {
    return levels.slice(0, 10).map((level) => this.#pair(level));
  }

  #pair([price, size]: Level): readonly string[] {
    return [this.price.toPlainText(price), this.size.toPlainText(size)];
  }
}

for (const each of CASES) {
  const name = `${each.symbol} from ${each.files.length} file(s) of ${each.folder === EXCERPTS ? 'the excerpt' : 'the whole night'}`;
  describe.skipIf(!existsSync(join(each.folder, each.golden)))(name, () => {
    test('H2: counts, books and candles equal the golden', { timeout: 120_000 }, async () => {
      const golden = JSON.parse(readFileSync(join(each.folder, each.golden), 'utf8')) as Golden;
      const history = openHistory(':memory:');
      const clock = new ManualClock();
      const files = each.files.map((file) => join(each.folder, file));
      const results = await importRecordings({ history, clock, files });
      expect(results).toHaveLength(1);
      const session = results[0]?.session ?? '';
      expect(results[0]).toMatchObject({ symbol: each.symbol, already: false, problems: [] });

      const [audit] = auditSession(history, session);
      expect(audit).toMatchObject({
        symbol: each.symbol,
        messages: { depth: each.depth, bookTicker: each.bookTicker, trade: each.trade },
        gaps: 0,
        crossed: 0,
        checksums: { failed: 0 },
        bestBidAsk: { equal: each.best[0], compared: each.best[1] },
        trades: each.trade,
      });
      expect(audit !== undefined && holds(audit)).toBe(true);

      const grid = new PlainGrid(history, each.symbol);
      const end = (history.sessions.get(session)?.to ?? 0) + 1;
      for (const mark of golden.book_marks) {
        // The last mark of a night is the end of the recording, with everything in it.
        const isEnd = mark === golden.book_marks.at(-1);
        const at = isEnd ? end : mark.mark_ms;
        const book = history.books.at(each.symbol, at, session)?.book;
        expect(book?.bids.length, `bids at ${at}`).toBe(mark.n_bids);
        expect(book?.asks.length, `asks at ${at}`).toBe(mark.n_asks);
        expect(grid.top(book?.bids ?? [])).toEqual(mark.top_bids);
        expect(grid.top(book?.asks ?? [])).toEqual(mark.top_asks);
        const text = [...grid.lines('b', book?.bids ?? []), ...grid.lines('a', book?.asks ?? [])];
        const hash = createHash('sha256').update(text.join('\n')).digest('hex');
        expect(hash, `book at ${at}`).toBe(mark.book_sha256);
      }

      const candles = history.candles.range({ symbol: each.symbol, interval: '1m', limit: 100 });
      const rows = candles.map((candle) => [
        candle.openTime,
        ...[candle.open, candle.high, candle.low, candle.close].map((price) =>
          grid.price.toPlainText(price),
        ),
        grid.size.toPlainText(candle.volume),
        candle.trades,
        grid.size.toPlainText(candle.buyVolume),
      ]);
      expect(rows).toEqual(golden.candles_market);

      // Once more: the same files are the same session.
      const again = await importRecordings({ history, clock, files: files.toReversed() });
      expect(again).toMatchObject([{ session, already: true }]);
      expect(history.sessions.list()).toHaveLength(1);
      history.close();
    });
  });
}
