/* What is said of links that are not up and of markets without data. */
import type { EpochMs } from '@tapedeck/market/number/level';

/** 451 is the status of what is not allowed where we are. */
export function withRegion(why: string): string {
  return /\b451\b/.test(why) ? `${why}; the venue refuses this region` : why;
}

/** For the log: the 1st, 2nd, 4th, 8th ... failure, so that a long outage does not fill it; the others have no text. */
export function failureText(
  venue: string,
  why: string,
  attempt: number,
  nextAt: EpochMs,
): string | undefined {
  if ((attempt & (attempt - 1)) !== 0) return undefined;
  const what = attempt === 1 ? 'no connection' : `no connection after ${attempt - 1} attempts`;
  const at = new Date(nextAt).toISOString();
  return `${venue}: ${what} (${withRegion(why)}); the next attempt is at ${at}`;
}

/** Undefined if the link is up. */
export function troubleText(trouble: string | undefined): string | undefined {
  return trouble && `no connection: ${withRegion(trouble)}`;
}
