import { InvalidArgumentError } from 'commander';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A count given as a flag. @throws InvalidArgumentError */
export function countOf(text: string): number {
  const count = /^\d{1,12}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('It is not a whole number of at least 1.');
  return count;
}

/** Milliseconds of a time given as a flag. @throws InvalidArgumentError */
export function durationOf(text: string): number {
  const [, amount, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  const durationMs = Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  // Beyond 2^31 ms a timer fires at once.
  if (!(durationMs >= 1 && durationMs < 2 ** 31))
    throw new InvalidArgumentError('It is not a time like 500ms, 10s, 5m or 1h, below 25 days.');
  return durationMs;
}
