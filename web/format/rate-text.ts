import { ABSENT, styled } from './number-style.ts';

/** A count with grouping: `1,240`. */
export function countText(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? ABSENT : styled(value.toFixed(0));
}

/** Events a second: one place under 10, none above. */
export function rateText(perSecond: number | undefined): string {
  if (perSecond === undefined || !Number.isFinite(perSecond)) return ABSENT;
  return styled(perSecond.toFixed(perSecond > 0 && perSecond < 10 ? 1 : 0));
}

/** Milliseconds: `0.4 ms`, `42 ms`, `1.24 s`. */
export function millisecondsText(ms: number | undefined | null): string {
  if (ms === undefined || ms === null || !Number.isFinite(ms)) return ABSENT;
  const size = Math.abs(ms);
  if (size < 9.95) return `${styled(ms.toFixed(1))} ms`;
  if (size < 1_000) return `${styled(ms.toFixed(0))} ms`;
  return `${styled((ms / 1_000).toFixed(2))} s`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes in powers of 1000: `812 B`, `24.1 kB`. */
export function bytesText(bytes: number | undefined): string {
  if (bytes === undefined || !Number.isFinite(bytes)) return ABSENT;
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit++;
  }
  const places = unit === 0 || value >= 100 ? 0 : 1;
  return `${styled(value.toFixed(places))} ${UNITS[unit] ?? 'TB'}`;
}
