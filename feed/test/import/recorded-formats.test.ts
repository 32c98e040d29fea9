/*
 * Whole recordings of many venues and archives, against known facts. Read from TAPEDECK_FIXTURES (default
 * ../shared/data) and visibly skipped if that is absent; excerpts of each format are in `csv-formats.test.ts`.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { auditSession, holds } from '@tapedeck/db/check/session-audit';
import { type History, openHistory } from '@tapedeck/db/history';
import { must } from '@tapedeck/market/number/assert';
import { DecimalScale } from '@tapedeck/market/number/decimal';
import { ManualClock } from '@tapedeck/market/time/clock';

import type { ImportResult } from '../../src/import/session/import-result.ts';
import { importRecordings } from '../../src/import/session/recording-import.ts';
import { FIXTURES } from './test-fixtures.ts';

type Facts = {
  readonly files: string;
  readonly markets: number;
  readonly messages: Readonly<Record<string, number>>;
  /** The venue's own checksums, or those of the segments if it has none. */
  readonly checksums?: number;
  readonly problems?: Readonly<Record<string, number>>;
  /** Markets with a size that cannot be counted. */
  readonly inexact?: readonly string[];
  readonly depth?: number;
};

const RECORDINGS: readonly (readonly [name: string, facts: Facts])[] = [
  [
    'Kraken v1: CRC-32 of every update',
    {
      files: 'cryptofeed/KRAKEN',
      markets: 10,
      messages: { depth: 4_269, trade: 10, bookTicker: 18 },
      checksums: 4_269,
      depth: 1_000,
    },
  ],
  [
    'OKX: CRC-32 of every book, deletes of levels that never existed',
    {
      files: 'cryptofeed/OKX',
      markets: 3,
      messages: { depth: 287, trade: 74, bookTicker: 28, snapshot: 3 },
      checksums: 290,
      depth: 400,
    },
  ],
  [
    'Coinbase: a book without numbers',
    {
      files: 'cryptofeed/COINBASE',
      markets: 10,
      messages: { depth: 9_719, trade: 97, bookTicker: 107, snapshot: 10 },
    },
  ],
  [
    'Bitstamp: stale diffs by microtimestamp, a size too large to count, whose book is a hole (P16)',
    {
      files: 'cryptofeed/BITSTAMP',
      markets: 10,
      messages: { depth: 717, trade: 10, snapshot: 10 },
      problems: { 'too-large': 1 },
      inexact: ['xrpeur@bitstamp'],
    },
  ],
  [
    'LOBSTER: every transition explained by its message, a view of ten levels',
    {
      files: 'lobster/AAPL',
      markets: 1,
      messages: { depth: 998, trade: 159, snapshot: 1 },
      checksums: 998,
      depth: 10,
    },
  ],
];

function filesOf(prefix: string): readonly string[] {
  const folder = join(FIXTURES, prefix, '..');
  const start = prefix.slice(prefix.lastIndexOf('/') + 1);
  return readdirSync(folder)
    .filter((name) => name.startsWith(start))
    .map((name) => join(folder, name));
}

async function importAll(history: History, files: readonly string[]): Promise<ImportResult> {
  const results = await importRecordings({ history, clock: new ManualClock(), files });
  expect(results).toHaveLength(1);
  return must(results[0], 'an imported session');
}

describe.skipIf(!existsSync(join(FIXTURES, 'cryptofeed')))('whole recordings', () => {
  test.each(RECORDINGS)('%s', { timeout: 60_000 }, async (_, facts) => {
    const history = openHistory(':memory:');
    const files = filesOf(facts.files);
    const { session, messages, problemCounts } = await importAll(history, files);
    expect(messages).toMatchObject(facts.messages);
    expect(problemCounts).toEqual(facts.problems ?? {});
    const audits = auditSession(history, session);
    expect(audits).toHaveLength(facts.markets);
    const broken = audits.filter((audit) => !holds(audit));
    expect(broken.map(({ symbol }) => symbol)).toEqual(facts.inexact ?? []);
    for (const { symbol, lastEventTime } of broken) {
      expect(history.sessions.gaps(session, symbol)).toMatchObject([{ reason: 'too-large' }]);
      const recorded = history.books.at(symbol, lastEventTime, session);
      if (recorded !== undefined) expect(recorded.gap).toBeDefined();
    }
    expect(audits.reduce((sum, audit) => sum + audit.crossed + audit.gaps, 0)).toBe(broken.length);
    const ok = audits.reduce((sum, audit) => sum + audit.checksums.ok, 0);
    if (facts.checksums !== undefined) expect(ok).toBe(facts.checksums);
    expect(history.sessions.get(session)?.origin['depth']).toBe(facts.depth);
    // The same files are the same session, whatever their order.
    expect(await importAll(history, files.toReversed())).toMatchObject({ session, already: true });
    history.close();
  });

  test('one market of a dump, by --symbol', async () => {
    const history = openHistory(':memory:');
    const options = { history, clock: new ManualClock(), files: filesOf('cryptofeed/KRAKEN') };
    const results = await importRecordings({ ...options, symbol: 'XMR/USD' });
    expect(results).toMatchObject([{ symbol: 'XMR/USD@kraken', problemCounts: {} }]);
    history.close();
  });
});

type Golden = {
  readonly candles_market: readonly (readonly (string | number)[])[];
  readonly book_marks: readonly { readonly mark_ms: number; readonly book_sha256: string }[];
};

/** The CSV files end at midnight of the receive clock. */
const END = 1_723_161_601_000;

describe.skipIf(!existsSync(join(FIXTURES, 'derived_csv')))('the ETHUSDT night as CSV', () => {
  test('Tardis: books and trades equal the golden', { timeout: 60_000 }, async () => {
    const golden = goldenNight();
    const history = openHistory(':memory:');
    const { session, problemCounts } = await importAll(history, filesOf('derived_csv/binance_'));
    expect(problemCounts).toEqual({});
    const { tickSize, lotSize } = must(history.instruments.get('ETHUSDT@binance'), 'instrument');
    const [price, size] = [new DecimalScale(tickSize), new DecimalScale(lotSize)];
    const marks = golden.book_marks.filter((mark) => mark.mark_ms < END);
    expect(marks).toHaveLength(6);
    for (const mark of marks) {
      const { book } = must(history.books.at('ETHUSDT@binance', mark.mark_ms, session), 'a book');
      const lines = (['bids', 'asks'] as const).flatMap((side) =>
        book[side].map(
          ([ticks, lots]) => `${side[0]} ${price.toPlainText(ticks)} ${size.toPlainText(lots)}`,
        ),
      );
      const hash = createHash('sha256').update(lines.join('\n')).digest('hex');
      expect(hash, `book at ${mark.mark_ms}`).toBe(mark.book_sha256);
    }
    expect(candlesOf(history)).toEqual(golden.candles_market.slice(0, 6));
    history.close();
  });

  test('Binance trades: candles equal the golden', async () => {
    const history = openHistory(':memory:');
    const { messages, problemCounts } = await importAll(history, filesOf('derived_csv/ETH'));
    expect({ messages, problemCounts }).toMatchObject({
      messages: { trade: 6_106 },
      problemCounts: {},
    });
    expect(candlesOf(history)).toEqual(goldenNight().candles_market.slice(0, 6));
    history.close();
  });
});

function goldenNight(): Golden {
  const path = join(FIXTURES, 'goldens/spot_ethusdt_2024-08-08-09.json');
  return JSON.parse(readFileSync(path, 'utf8')) as Golden;
}

/** The last minute is incomplete and left out. */
function candlesOf(history: History): readonly (readonly (string | number)[])[] {
  const { tickSize, lotSize } = must(history.instruments.get('ETHUSDT@binance'), 'instrument');
  const [price, size] = [new DecimalScale(tickSize), new DecimalScale(lotSize)];
  const candles = history.candles.range({ symbol: 'ETHUSDT@binance', interval: '1m', limit: 100 });
  return candles
    .slice(0, -1)
    .map((candle) => [
      candle.openTime,
      ...[candle.open, candle.high, candle.low, candle.close].map((each) =>
        price.toPlainText(each),
      ),
      size.toPlainText(candle.volume),
      candle.trades,
      size.toPlainText(candle.buyVolume),
    ]);
}
