/*
 * Every market number of the dashboard is formatted here. Integers (ticks, lots) become decimal text exactly; only
 * figures that are ratios or sums by nature (change, basis points, averages, notionals) pass through a float.
 */
import type { Instrument } from '@tapedeck/market/instrument/instrument';
import { DecimalScale } from '@tapedeck/market/number/decimal';
import { relativeChange } from '@tapedeck/market/number/relative-change';

import { ABSENT, MINUS, styled } from './number-style.ts';

type Grid = Pick<Instrument, 'tickSize' | 'lotSize'>;

const scales = new Map<string, DecimalScale>();

function scaleOf(step: string): DecimalScale {
  let scale = scales.get(step);
  if (scale === undefined) {
    scale = new DecimalScale(step);
    scales.set(step, scale);
  }
  return scale;
}

/** Exact price with all places of the tick size: `61,234.50`. */
export function priceText(priceTicks: number | undefined, grid: Grid): string {
  return priceTicks === undefined ? ABSENT : styled(scaleOf(grid.tickSize).toText(priceTicks));
}

/** A price between ticks (mid, microprice, average): one more place than the tick size. */
export function betweenPriceText(priceTicks: number | undefined, grid: Grid): string {
  if (priceTicks === undefined) return ABSENT;
  const scale = scaleOf(grid.tickSize);
  return styled((priceTicks * Number(grid.tickSize)).toFixed(scale.decimals + 1));
}

/** Exact size with all places of the lot size. */
export function sizeText(sizeLots: number | undefined, grid: Grid): string {
  return sizeLots === undefined ? ABSENT : styled(scaleOf(grid.lotSize).toText(sizeLots));
}

/** A size as its significant digits and its trailing zeros, which are shown dim: `0.5` + `0000000`. */
export function sizeParts(sizeLots: number, grid: Grid): readonly [string, string] {
  const text = sizeText(sizeLots, grid);
  let end = text.length;
  while (end > 0 && text[end - 1] === '0') end--;
  const last = text[end - 1];
  // `12.` keeps its first zero bright, `100` (no fraction) has no zeros to dim.
  if (last === undefined || !/\d/.test(last)) end++;
  if (scaleOf(grid.lotSize).decimals === 0) return [text, ''];
  return [text.slice(0, end), text.slice(end)];
}

/** Price difference in ticks, as decimal text with a sign. */
export function signedPriceText(priceTicks: number | undefined, grid: Grid): string {
  if (priceTicks === undefined) return ABSENT;
  const text = priceText(priceTicks, grid);
  return priceTicks > 0 ? `+${text}` : text;
}

/** A fraction as a signed percentage, always with its sign: `+1.25%`, `−0.40%`, `0.00%`. */
export function percentText(fraction: number | undefined, places = 2): string {
  if (fraction === undefined || !Number.isFinite(fraction)) return ABSENT;
  const text = Math.abs(fraction * 100).toFixed(places);
  if (Number(text) === 0) return `${styled(text)}%`;
  return `${fraction > 0 ? '+' : MINUS}${styled(text)}%`;
}

/** Change of `last` against `open`, as a fraction. */
export function changeOf(last: number | undefined, open: number | undefined): number | undefined {
  return last === undefined || open === undefined ? undefined : relativeChange(open, last);
}

/** Basis points of `part` over the size of `whole`, which may be a price below zero; two places under 10. */
export function basisPointsText(part: number | undefined, whole: number | undefined): string {
  if (part === undefined || whole === undefined || whole === 0) return ABSENT;
  const points = (part / Math.abs(whole)) * 10_000;
  const size = Math.abs(points);
  return styled(points.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0));
}

/** Price times size in the quote currency, for sums that no accounting depends on. */
export function notionalOf(priceTicks: number, sizeLots: number, grid: Grid): number {
  return priceTicks * Number(grid.tickSize) * sizeLots * Number(grid.lotSize);
}

const COMPACT = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** Three or four significant digits with a suffix, for bars, axes and totals: `1.24M`, `812`, `0.0312`. */
export function compactText(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return ABSENT;
  const size = Math.abs(value);
  for (const [unit, suffix] of COMPACT) {
    if (size >= unit) {
      const scaled = value / unit;
      return (
        styled(scaled.toFixed(Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2)) +
        suffix
      );
    }
  }
  if (size >= 100 || size === 0) return styled(value.toFixed(0));
  if (size >= 10) return styled(value.toFixed(1));
  if (size >= 1) return styled(value.toFixed(2));
  return styled(value.toPrecision(3).replace(/e.*$/, '')).slice(0, 7);
}

/** Lots as a compact size in base units. */
export function compactSizeText(sizeLots: number | undefined, grid: Grid): string {
  return sizeLots === undefined ? ABSENT : compactText(sizeLots * Number(grid.lotSize));
}

/** A running sum below this is not written out: its column has room for six characters. */
const LEAST_SUM = 0.0001;

/** A running sum of sizes in at most six characters: `12.4k`, `1.15B`, `0.228`, `0.0054`, `<.0001`. */
export function sumText(sizeLots: number, grid: Grid): string {
  const sum = sizeLots * Number(grid.lotSize);
  if (sum >= 0.1 || sum <= 0) return compactText(sum);
  return sum < LEAST_SUM ? '<.0001' : styled(sum.toFixed(4));
}

/** A typed price or size in whole steps; or why it is invalid. Commas may be decimal points. */
export function parseUnits(
  text: string,
  step: string,
): { readonly units: number } | { readonly problem: string } {
  const trimmed = text
    .trim()
    .replaceAll(/[\s\u202f_]/g, '')
    .replace(MINUS, '-');
  if (trimmed === '') return { problem: 'Enter a number.' };
  const plain = decimalPoint(trimmed);
  if (!/^-?(\d+\.?\d*|\.\d+)$/.test(plain)) return { problem: `“${text.trim()}” is not a number.` };
  try {
    return { units: scaleOf(step).toUnits(plain) };
  } catch {
    return { problem: `Must be a multiple of ${step}.` };
  }
}

/** `1,234.5` and `1.234,5` both mean 1234.5; a lone comma with three digits after it is grouping. */
function decimalPoint(text: string): string {
  const comma = text.lastIndexOf(',');
  const point = text.lastIndexOf('.');
  if (comma < 0) return text;
  if (point > comma) return text.replaceAll(',', '');
  if (point >= 0) return text.replaceAll('.', '').replace(',', '.');
  const grouping = /^-?\d{1,3}(,\d{3})+$/.test(text);
  return grouping ? text.replaceAll(',', '') : text.replace(',', '.');
}
