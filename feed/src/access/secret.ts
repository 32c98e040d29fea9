import { timingSafeEqual } from 'node:crypto';

/** Whether a secret that was given is the one that is wanted: in a time that says nothing of where they differ. */
export function isSameSecret(given: string, wanted: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}
