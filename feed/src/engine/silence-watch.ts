import type { Cancel, Clock } from '@tapedeck/market/clock';
import type { EpochMs } from '@tapedeck/market/level';

import type { MarketEngine } from './market-engine.ts';

const CHECK_MS = 500;
/** No market is called silent sooner than this. */
const FLOOR_MS = 5_000;
/** A market is silent when it is quiet for so many times its longest usual pause. */
const FACTOR = 4;
/** The longest pause fades, so that one lull does not blunt the watch for ever. Per check. */
const FADE = 0.9995;

type Watched = { lastSeen: EpochMs; longestMs: number };

/**
 * Tells a source that stopped from a market that is quiet: each symbol is measured by its own pauses. A silent one
 * becomes `stale` with reason `upstream-silent`, and `ok` again with its next event (P16: old is not ok).
 */
export class SilenceWatch {
  readonly #engine: MarketEngine;
  readonly #clock: Clock;
  readonly #watched = new Map<string, Watched>();
  readonly #cancel: Cancel;

  constructor(engine: MarketEngine, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
    this.#cancel = clock.every(CHECK_MS, () => this.check());
  }

  close(): void {
    this.#cancel();
  }

  check(): void {
    const now = this.#clock.now();
    for (const market of this.#engine.markets()) {
      const { symbol, lastReceiveTime } = market;
      if (lastReceiveTime === 0) continue;
      const watched = this.#watched.get(symbol);
      if (watched === undefined) {
        this.#watched.set(symbol, { lastSeen: lastReceiveTime, longestMs: 0 });
        continue;
      }
      const silentMs = now - lastReceiveTime;
      if (lastReceiveTime > watched.lastSeen) {
        // A pause that a halt or a restart was part of is not a usual one.
        if (market.state === 'ok' && market.since <= watched.lastSeen)
          watched.longestMs = Math.max(
            watched.longestMs * FADE,
            lastReceiveTime - watched.lastSeen,
          );
        watched.lastSeen = lastReceiveTime;
        if (market.state === 'stale' && market.reason === 'upstream-silent')
          this.#engine.setState(market, 'ok', 'upstream-silent');
      } else if (
        market.state === 'ok' &&
        silentMs > Math.max(FLOOR_MS, FACTOR * watched.longestMs)
      ) {
        this.#engine.setState(market, 'stale', 'upstream-silent');
      }
    }
  }
}
