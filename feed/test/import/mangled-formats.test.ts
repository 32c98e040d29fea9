/*
 * Whole recordings of every family, each damaged in one way: exactly what is reported, and how many changes are left.
 * Read from TAPEDECK_FIXTURES (default ../shared/data) and visibly skipped if that is absent; other damage to
 * collector recordings is in `mangled-recording.test.ts`, on an excerpt that is always present.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { auditSession } from '@tapedeck/db/check/session-audit';
import { must } from '@tapedeck/market/number/assert';

import { ImportError } from '../../src/import/read/import-problem.ts';
import { FIXTURES } from './test-fixtures.ts';
import { TestImport } from './test-import.ts';

const MANGLES = ['cut', 'dropped', 'doubled', 'swapped', 'bom-crlf'] as const;
type Mangle = (typeof MANGLES)[number];
type Outcome = readonly [problems: string, left: string];

type Family = {
  readonly name: string;
  readonly folder: string;
  /** The files of the recording, and the one that is damaged. */
  readonly files: RegExp;
  readonly spoilt: RegExp;
  /** Which line: the first match after the middle. */
  readonly line: RegExp;
  readonly outcomes: Readonly<Record<Mangle, Outcome>>;
};

/**
 * A LOBSTER pair whose rows contradict their messages and differ in number is not a pair. Coinbase, Bitstamp and
 * Tardis do not number book changes: a missing one goes unnoticed; one that is present but unusable is reported, and
 * the book is a hole from there on. The same sizes twice are the same book. A GoCryptoTrader candle file has the
 * close as its high: days that fell are not candles.
 */
const FAMILIES: readonly Family[] = [
  {
    name: 'collector, USD-M',
    folder: 'binance_20240808/usdm',
    files: /^ethusdt/,
    spoilt: /./,
    line: /depthUpdate/,
    outcomes: {
      cut: ['1 cut-file, 1 book-gap', '3422 deltas, 5990 trades, upstream-gap'],
      dropped: ['1 book-gap', '3429 deltas, 14076 trades, upstream-gap'],
      doubled: ['1 duplicate', '6581 deltas, 14076 trades'],
      swapped: ['1 time-backwards, 1 book-gap', '3429 deltas, 14076 trades, upstream-gap'],
      'bom-crlf': ['', '6581 deltas, 14076 trades'],
    },
  },
  {
    name: 'dump, Kraken',
    folder: 'cryptofeed',
    files: /^KRAKEN/,
    spoilt: /ws\.50/,
    line: /"book-1000","XBT/,
    outcomes: {
      cut: ['1 bad-line, 10 book-gap', `602 deltas, 10 trades${', upstream-gap'.repeat(10)}`],
      dropped: ['1 checksum', '4076 deltas, 10 trades, checksum'],
      doubled: ['', '4270 deltas, 10 trades'],
      swapped: ['1 time-backwards, 1 book-gap', '4076 deltas, 10 trades, upstream-gap'],
      'bom-crlf': ['', '4269 deltas, 10 trades'],
    },
  },
  {
    name: 'dump, OKX',
    folder: 'cryptofeed',
    files: /^OKX/,
    spoilt: /ws/,
    line: /"action":"update"/,
    outcomes: {
      cut: ['1 bad-line, 3 book-gap', `131 deltas, 35 trades${', upstream-gap'.repeat(3)}`],
      dropped: ['1 checksum', '234 deltas, 74 trades, checksum'],
      doubled: ['', '288 deltas, 74 trades'],
      swapped: ['1 time-backwards, 1 book-gap', '234 deltas, 74 trades, upstream-gap'],
      'bom-crlf': ['', '287 deltas, 74 trades'],
    },
  },
  {
    name: 'dump, Coinbase',
    folder: 'cryptofeed',
    files: /^COINBASE/,
    spoilt: /ws/,
    line: /l2update/,
    outcomes: {
      cut: ['1 bad-line, 10 book-gap', `4263 deltas, 31 trades${', upstream-gap'.repeat(10)}`],
      dropped: ['', '9718 deltas, 97 trades'],
      doubled: ['', '9720 deltas, 97 trades'],
      swapped: ['1 time-backwards, 1 book-gap', '9386 deltas, 97 trades, upstream-gap'],
      'bom-crlf': ['', '9719 deltas, 97 trades'],
    },
  },
  {
    name: 'dump, Bitstamp',
    folder: 'cryptofeed',
    files: /^BITSTAMP/,
    spoilt: /ws/,
    line: /diff_order_book/,
    outcomes: {
      cut: [
        '1 too-large, 1 bad-line, 10 book-gap',
        `231 deltas, 1 trades, too-large${', upstream-gap'.repeat(9)}`,
      ],
      dropped: ['1 too-large', '550 deltas, 10 trades, too-large'],
      doubled: ['1 too-large', '551 deltas, 10 trades, too-large'],
      swapped: [
        '1 too-large, 1 time-backwards, 1 book-gap',
        '510 deltas, 10 trades, too-large, upstream-gap',
      ],
      'bom-crlf': ['1 too-large', '551 deltas, 10 trades, too-large'],
    },
  },
  {
    name: 'LOBSTER',
    folder: 'lobster',
    files: /^AAPL/,
    spoilt: /orderbook/,
    line: /./,
    outcomes: {
      cut: ['1 bad-line, 1 book-gap, 1 cut-file', '497 deltas, 159 trades, upstream-gap'],
      dropped: ['refused', 'their rows differ in number'],
      doubled: ['refused', 'their rows differ in number'],
      swapped: ['3 checksum', '993 deltas, 159 trades, checksum'],
      'bom-crlf': ['', '998 deltas, 159 trades'],
    },
  },
  {
    name: 'Tardis books',
    folder: 'derived_csv',
    files: /incremental/,
    spoilt: /./,
    line: /false/,
    outcomes: {
      cut: ['1 cut-file, 1 book-gap', '1790 deltas, 0 trades, upstream-gap'],
      dropped: ['', '3432 deltas, 0 trades'],
      doubled: ['', '3432 deltas, 0 trades'],
      swapped: ['', '3432 deltas, 0 trades'],
      'bom-crlf': ['', '3432 deltas, 0 trades'],
    },
  },
  {
    name: 'Tardis trades',
    folder: 'derived_csv',
    files: /^binance_trades/,
    spoilt: /./,
    line: /./,
    outcomes: {
      cut: ['1 cut-file', '0 deltas, 3051 trades'],
      dropped: ['1 trade-gap', '0 deltas, 6105 trades, trades-missing'],
      doubled: ['1 duplicate', '0 deltas, 6106 trades'],
      swapped: ['1 time-backwards, 1 trade-gap', '0 deltas, 6105 trades, trades-missing'],
      'bom-crlf': ['', '0 deltas, 6106 trades'],
    },
  },
  {
    name: 'Binance trades',
    folder: 'derived_csv',
    files: /^ETHUSDT-trades/,
    spoilt: /./,
    line: /./,
    outcomes: {
      cut: ['1 cut-file', '0 deltas, 3128 trades'],
      dropped: ['1 trade-gap', '0 deltas, 6105 trades, trades-missing'],
      doubled: ['1 duplicate', '0 deltas, 6106 trades'],
      swapped: ['', '0 deltas, 6106 trades'],
      'bom-crlf': ['', '0 deltas, 6106 trades'],
    },
  },
  {
    name: 'GoCryptoTrader days',
    folder: 'gct_csv',
    files: /24h_2019/,
    spoilt: /./,
    line: /./,
    outcomes: {
      cut: ['75 bad-line', '109 candles'],
      dropped: ['176 bad-line', '188 candles'],
      doubled: ['176 bad-line, 1 duplicate', '189 candles'],
      swapped: ['176 bad-line', '189 candles'],
      'bom-crlf': ['176 bad-line', '189 candles'],
    },
  },
];

/** The bytes of a file with its middle damaged, gzipped again if it was. */
function spoil(bytes: Buffer, mangle: Mangle, like: RegExp): Buffer {
  const isZipped = bytes[0] === 0x1f;
  const plain = isZipped ? gunzipSync(bytes) : bytes;
  if (mangle === 'cut') return bytes.subarray(0, Math.floor(bytes.length / 2));
  const lines = plain.toString().trimEnd().split('\n');
  const at = lines.findIndex((line, i) => i > lines.length / 2 && like.test(line));
  const [line, next] = [must(lines[at], 'a line'), must(lines[at + 1], 'the next')];
  if (mangle === 'dropped') lines.splice(at, 1);
  if (mangle === 'doubled') lines.splice(at, 0, line);
  if (mangle === 'swapped') lines.splice(at, 2, next, line);
  const text = mangle === 'bom-crlf' ? `\u{feff}${lines.join('\r\n')}\r\n` : lines.join('\n');
  return isZipped ? gzipSync(text, { level: 1 }) : Buffer.from(text);
}

async function outcomeOf(family: Family, mangle: Mangle): Promise<Outcome> {
  const rig = new TestImport();
  const { history } = rig;
  try {
    const from = join(FIXTURES, family.folder);
    const names = readdirSync(from).filter((name) => family.files.test(name));
    const files = names.map((name) => {
      const bytes = readFileSync(join(from, name));
      const isSpoilt = family.spoilt.test(name);
      return rig.file(name, isSpoilt ? spoil(bytes, mangle, family.line) : bytes);
    });
    const { session, problemCounts } = await rig.of(files);
    const audits = auditSession(history, session);
    const sum = (of: (audit: (typeof audits)[number]) => number): number =>
      audits.reduce((total, audit) => total + of(audit), 0);
    const candles = history.connection.prepare('select count(*) from candle').pluck().get();
    const gaps = history.sessions.gaps(session).map((gap) => gap.reason);
    expect(sum((audit) => audit.segmentChecks.failed)).toBe(0);
    expect(sum((audit) => audit.candles.compared - audit.candles.equal)).toBe(0);
    const problems = Object.entries(problemCounts).map(([kind, count]) => `${count} ${kind}`);
    const left = `${sum((audit) => audit.deltas)} deltas, ${sum((audit) => audit.trades)} trades`;
    const rest =
      sum((audit) => audit.deltas + audit.trades) > 0 ? left : `${String(candles)} candles`;
    return [problems.join(', '), [rest, ...gaps].join(', ')];
  } catch (error) {
    const reason =
      error instanceof ImportError && /their rows differ in number/.exec(error.message);
    if (!reason) throw error;
    return ['refused', reason[0]];
  } finally {
    rig.close();
  }
}

describe.skipIf(!existsSync(join(FIXTURES, 'cryptofeed')))('damaged recordings', () => {
  for (const family of FAMILIES) {
    test.each(MANGLES)(`${family.name}: %s`, { timeout: 60_000 }, async (mangle) => {
      expect(await outcomeOf(family, mangle)).toEqual(family.outcomes[mangle]);
    });
  }
});
