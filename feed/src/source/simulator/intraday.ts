import type { EpochMs } from '@tapedeck/market/number/level';

import type { MarketHours } from './sim-instrument.ts';

const DAY_S = 86_400;
const HOUR_S = 3_600;
// The day session of the equity-like symbols, UTC: 13:30 to 20:00.
const OPEN_S = 13.5 * HOUR_S;
const CLOSE_S = 20 * HOUR_S;
/** Trading continues outside the session, thinly. */
const THIN = 0.3;

/** Activity by time of day, around 1: a U over the equity session, a 24 h wave for crypto, a hump for FX. */
export function intraday(hours: MarketHours, time: EpochMs): number {
  const second = (time / 1_000) % DAY_S;
  switch (hours) {
    case 'crypto':
      return 1 + 0.3 * wave(second, 15);
    case 'fx':
      return 1 + 0.5 * wave(second, 13.5);
    case 'equity': {
      if (second < OPEN_S || second >= CLOSE_S) return THIN;
      const position = (second - OPEN_S) / (CLOSE_S - OPEN_S);
      const fromMidday = 2 * position - 1;
      const edge = fromMidday < 0 ? 1.6 : 1.4;
      return 0.7 + (edge - 0.7) * fromMidday * fromMidday;
    }
  }
}

/** A cosine over the day with its maximum at `peakHour`. */
function wave(second: number, peakHour: number): number {
  return Math.cos((2 * Math.PI * (second - peakHour * HOUR_S)) / DAY_S);
}
