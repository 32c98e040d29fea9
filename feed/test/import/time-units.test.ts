/*
 * The same recordings with their times in s, ms, us and ns: distinguished by the number of digits, losing only the
 * fraction. Read from TAPEDECK_FIXTURES (default ../shared/data) and visibly skipped if that is absent.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { auditSession } from '@tapedeck/db/check/session-audit';
import { must } from '@tapedeck/market/number/assert';

import { FIXTURES } from './test-fixtures.ts';
import { TestImport } from './test-import.ts';

/** Digits of a time since the epoch, until the year 2286. */
const DIGITS = { s: 10, ms: 13, us: 16, ns: 19 } as const;
type Unit = keyof typeof DIGITS;

type Family = {
  readonly name: string;
  readonly file: string;
  /** Each time in a line. */
  readonly times: RegExp;
  readonly outcomes: Readonly<Record<Unit, string>>;
};

/** Seconds keep no fraction; the other units lose nothing of a millisecond. */
const inSeconds = (seconds: string, exact: string): Readonly<Record<Unit, string>> => ({
  s: seconds,
  ms: exact,
  us: exact,
  ns: exact,
});

/** Tardis rows with one local time are one change, so that seconds give few changes. */
const FAMILIES: readonly Family[] = [
  {
    name: 'collector, USD-M, receive times',
    file: 'binance_20240808/usdm/ethusdt_20240808.gz',
    times: /^\d{19}(?= )/gm,
    outcomes: inSeconds(
      '6581 deltas, 14076 trades, 1723161256560 to 1723161601152',
      '6581 deltas, 14076 trades, 1723161256560 to 1723161601152',
    ),
  },
  {
    name: 'Binance trades CSV',
    file: 'derived_csv/ETHUSDT-trades-2024-08-08.csv.gz',
    times: /(?<=,)\d{13}(?=,)/g,
    outcomes: inSeconds(
      '0 deltas, 6106 trades, 1723161255000 to 1723161600000',
      '0 deltas, 6106 trades, 1723161255611 to 1723161600982',
    ),
  },
  {
    name: 'Tardis trades CSV',
    file: 'derived_csv/binance_trades_2024-08-08_ETHUSDT.csv.gz',
    times: /(?<=,)\d{16}(?=,)/g,
    outcomes: inSeconds(
      '0 deltas, 6106 trades, 1723161255000 to 1723161600000',
      '0 deltas, 6106 trades, 1723161255611 to 1723161600982',
    ),
  },
  {
    name: 'Tardis incremental_book_L2',
    file: 'derived_csv/binance_incremental_book_L2_2024-08-08_ETHUSDT.csv.gz',
    times: /(?<=,)\d{16}(?=,)/g,
    outcomes: inSeconds(
      '346 deltas, 0 trades, 1723161254000 to 1723161601000',
      '3432 deltas, 0 trades, 1723161254152 to 1723161601174',
    ),
  },
];

async function outcomeOf({ file, times }: Family, unit: Unit): Promise<string> {
  const rig = new TestImport();
  try {
    const text = gunzipSync(readFileSync(join(FIXTURES, file))).toString();
    const digits = DIGITS[unit];
    const written = text.replaceAll(times, (time) => time.padEnd(digits, '0').slice(0, digits));
    const path = rig.file(basename(file, '.gz'), written);
    const { session, problemCounts } = await rig.of([path]);
    const [audit] = auditSession(rig.history, session);
    const { deltas, trades, firstEventTime, lastEventTime } = must(audit, 'an audit');
    expect(audit).toMatchObject({ segmentChecks: { failed: 0 }, crossed: 0 });
    return [
      `${deltas} deltas, ${trades} trades, ${firstEventTime} to ${lastEventTime}`,
      ...Object.entries(problemCounts).map(([kind, count]) => `${count} ${kind}`),
    ].join(', ');
  } finally {
    rig.close();
  }
}

describe.skipIf(!existsSync(join(FIXTURES, 'derived_csv')))('times in any unit', () => {
  for (const family of FAMILIES) {
    test.each(Object.keys(DIGITS) as Unit[])(
      `${family.name}: %s`,
      { timeout: 60_000 },
      async (unit) => {
        expect(await outcomeOf(family, unit)).toBe(family.outcomes[unit]);
      },
    );
  }
});
