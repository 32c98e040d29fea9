import type { MarketState } from '@tapedeck/market/instrument/instrument';
import { LONG_AGO } from '@tapedeck/market/time/clock';

/** What the alerts know of a symbol, whether it has rules or not. */
export class MarketSight {
  state: MarketState | 'unknown' = 'unknown';
  isConnected = true;
  tradedAt = LONG_AGO;
  /** Last price that may be compared with the next one. */
  last: number | undefined;
  /** What its prices are counted in; undefined before it is announced. */
  tickSize: string | undefined;

  /** Only `stale` blinds, and a source that is cut off: a halted market is known to stand still. */
  get isBlind(): boolean {
    return !this.isConnected || this.state === 'stale';
  }
}
