import type { MarketState } from '@tapedeck/market/instrument/instrument';
import { LONG_AGO } from '@tapedeck/market/time/clock';

/** What the alerts know of a symbol, with or without rules. */
export class MarketSight {
  state: MarketState | 'unknown' = 'unknown';
  isConnected = true;
  tradedAt = LONG_AGO;
  /** Last price that may be compared with the next one. */
  last: number | undefined;
  /** The tick size of its prices; undefined before it is announced. */
  tickSize: string | undefined;

  /** Only `stale` and a disconnected source blind: a halted market is known not to trade. */
  get isBlind(): boolean {
    return !this.isConnected || this.state === 'stale';
  }
}
