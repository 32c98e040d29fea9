/* Candles in venues' answers: lists of rows, each a list of fields in the venue's order. */
import type { EpochMs } from '@tapedeck/market/number/level';
import { INTERVAL_MS } from '@tapedeck/market/tape/candle';

import { beginningOf } from './json-fields.ts';
import type { CandleSpan } from './live-venue.ts';
import type { VenueCandle } from './venue-event.ts';

/** Where a row has what. */
export type CandleColumns = {
  /** Milliseconds of one unit of the open time. */
  readonly unitMs: number;
  readonly volume: number;
  /** Absent where the venue does not state it. */
  readonly buyVolume?: number;
  readonly trades?: number;
};

/** Rows that begin with open time, open, high, low, close; text if any row is something else. */
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
  { unitMs, volume, buyVolume, trades }: CandleColumns,
): VenueCandle | undefined {
  const openTime = wholeOf(row[0]);
  const [open, high, low, close] = [1, 2, 3, 4].map((at) => decimalOf(row[at]));
  const size = decimalOf(row[volume]);
  const bought = buyVolume === undefined ? '0' : decimalOf(row[buyVolume]);
  const count = trades === undefined ? 0 : wholeOf(row[trades]);
  if (openTime === undefined || open === undefined || high === undefined) return undefined;
  if (low === undefined || close === undefined || size === undefined) return undefined;
  if (bought === undefined || count === undefined) return undefined;
  const numbers = { open, high, low, close, volume: size, buyVolume: bought, trades: count };
  return { type: 'candle', interval, openTime: openTime * unitMs, ...numbers };
}

/** Times and counts: some venues write them as text. */
function wholeOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0
    ? number
    : undefined;
}

function decimalOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? value : undefined;
}

/** The spans of the pages of `span`, oldest first, each of at most `count` candles. */
export function candlePages(
  { interval, from, to }: CandleSpan,
  count: number,
): readonly { readonly from: EpochMs; readonly to: EpochMs }[] {
  const pages: { from: EpochMs; to: EpochMs }[] = [];
  const step = count * INTERVAL_MS[interval];
  for (let at = from; at < to; at += step) pages.push({ from: at, to: Math.min(to, at + step) });
  return pages;
}
