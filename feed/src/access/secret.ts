import { timingSafeEqual } from 'node:crypto';

/** Whether the given secret is the right one, compared in constant time. */
export function isSameSecret(given: string, wanted: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}
