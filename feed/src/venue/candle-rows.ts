/* Candles in venues' answers: lists of rows, each a list of fields in the venue's order. */
import { plainDecimal } from '@tapedeck/market/number/decimal';
import type { EpochMs } from '@tapedeck/market/number/level';
import { INTERVAL_MS } from '@tapedeck/market/tape/candle';

import { isFields } from './dump-venue.ts';
import { beginningOf } from './json-fields.ts';
import type { CandleSpan } from './live-venue.ts';
import type { VenueCandle } from './venue-event.ts';

/** Of the significant digits of a double, these are what was written. */
const SOUND_DIGITS = 15;

/** Where a row has what. */
export type CandleColumns = {
  /** Milliseconds of one unit of the open time. */
  readonly unitMs: number;
  /** Of open, high, low and close, if they do not follow the open time in this order. */
  readonly prices?: readonly [open: number, high: number, low: number, close: number];
  readonly volume: number;
  /** Absent where the venue does not state it. */
  readonly buyVolume?: number;
  readonly trades?: number;
  /** Text: `1` if the candle is closed, `0` while it forms. */
  readonly isClosed?: number;
};

/** Rows that begin with the open time; text if any row is something else. */
export function candleRows(
  rows: unknown,
  interval: CandleSpan['interval'],
  columns: CandleColumns,
  text: string,
): readonly VenueCandle[] | string {
  if (!Array.isArray(rows)) return `no list of candles: ${beginningOf(text)}`;
  const candles: VenueCandle[] = [];
  for (const row of rows as readonly unknown[]) {
    const candle = Array.isArray(row) ? candleOf(row as unknown[], interval, columns) : undefined;
    if (candle === undefined) return `not a candle: ${beginningOf(JSON.stringify(row))}`;
    candles.push(candle);
  }
  return candles;
}

function candleOf(
  row: readonly unknown[],
  interval: CandleSpan['interval'],
  { unitMs, prices = [1, 2, 3, 4], volume, buyVolume, trades, isClosed }: CandleColumns,
): VenueCandle | undefined {
  const openTime = wholeOf(row[0]);
  const [open, high, low, close] = prices.map((at) => decimalOf(row[at]));
  const size = sumOf(row[volume]);
  const bought = buyVolume === undefined ? '0' : sumOf(row[buyVolume]);
  const count = trades === undefined ? 0 : wholeOf(row[trades]);
  if (openTime === undefined || open === undefined || high === undefined) return undefined;
  if (low === undefined || close === undefined || size === undefined) return undefined;
  if (bought === undefined || count === undefined) return undefined;
  const numbers = { open, high, low, close, volume: size, buyVolume: bought, trades: count };
  const candle = { type: 'candle', interval, openTime: openTime * unitMs, ...numbers } as const;
  if (isClosed === undefined) return candle;
  const state = row[isClosed];
  return state === '0' || state === '1' ? { ...candle, isForming: state === '0' } : undefined;
}

/** Objects as rows of these fields; what is none stays no row. */
export function rowsOfObjects(objects: unknown, names: readonly string[]): unknown {
  if (!Array.isArray(objects)) return undefined;
  return (objects as readonly unknown[]).map((each) =>
    isFields(each) ? names.map((name) => each[name]) : null,
  );
}

/** Lists of equal length, one a field, as rows. */
export function rowsOfLists(lists: unknown, names: readonly string[]): unknown {
  const columns = isFields(lists) ? names.map((name) => lists[name]) : [];
  const [first] = columns;
  const isWhole = columns.every(
    (column) => Array.isArray(column) && Array.isArray(first) && column.length === first.length,
  );
  if (!isWhole || !Array.isArray(first)) return undefined;
  return first.map((_, at) => columns.map((column) => (column as readonly unknown[])[at]));
}

/** Times and counts: some venues write them as text. */
function wholeOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0
    ? number
    : undefined;
}

/** JSON numbers may have an exponent. */
function decimalOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\d+(\.\d+)?(e[+-]?\d{1,2})?$/i.test(value)) return undefined;
  return /e/i.test(value) ? plainDecimal(value) : value;
}

/**
 * A volume: some venues add doubles up, so that 3.3 is written as 3.3000000000000003. Of more digits than a double is
 * sure of, which no whole number of lots could have either, those after the point are rounded off, half up.
 */
function sumOf(value: unknown): string | undefined {
  const text = decimalOf(value);
  const [whole = '', fraction = ''] = text?.split('.') ?? [];
  const digits = (whole + fraction).replace(/^0+/, '').length;
  const dropped = Math.min(digits - SOUND_DIGITS, fraction.length);
  if (dropped <= 0) return text;
  const step = 10n ** BigInt(dropped);
  const kept = String((BigInt(whole + fraction) + step / 2n) / step);
  return plainDecimal(`${kept}e-${fraction.length - dropped}`);
}

/** The spans of the pages of `span`, newest first, each of at most `count` candles. */
export function candlePages(
  { interval, from, to }: Pick<CandleSpan, 'interval' | 'from' | 'to'>,
  count: number,
): readonly { readonly from: EpochMs; readonly to: EpochMs }[] {
  const pages: { from: EpochMs; to: EpochMs }[] = [];
  const step = count * INTERVAL_MS[interval];
  for (let at = to; at > from; at -= step) pages.push({ from: Math.max(from, at - step), to: at });
  return pages;
}
