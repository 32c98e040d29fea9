import type { Cancel, Clock, MonotonicMs } from '@tapedeck/market/time/clock';

import type { MarketEngine } from './market-engine.ts';

const CHECK_MS = 500;
/** No market is called silent sooner than this. */
const FLOOR_MS = 5_000;
/** A market is silent when it is quiet for this many times its longest usual pause. */
const FACTOR = 4;
/** The longest pause fades, so that one lull does not slow detection forever. Per check. */
const FADE = 0.9995;

/** `isWhole`: it was `ok` during the whole pause that began at `lastSeen`. */
type Watched = { lastSeen: MonotonicMs; longestMs: number; isWhole: boolean };

/**
 * Distinguishes a source that stopped from a quiet market: each symbol is measured by its own pauses. A silent one
 * becomes `stale` with reason `upstream-silent`, and `ok` again with its next event (P16: old is not ok).
 */
export class SilenceWatch {
  readonly #engine: MarketEngine;
  readonly #clock: Clock;
  readonly #watches: (symbol: string) => boolean;
  readonly #watched = new Map<string, Watched>();
  readonly #cancels: readonly Cancel[];

  /** `watches`: the source of some markets tells by itself when they are old. */
  constructor(
    engine: MarketEngine,
    clock: Clock,
    watches: (symbol: string) => boolean = () => true,
  ) {
    this.#watches = watches;
    this.#engine = engine;
    this.#clock = clock;
    this.#cancels = [
      clock.every(CHECK_MS, () => this.check()),
      engine.listen({
        state: ({ symbol }) => this.#interrupt(symbol),
        reset: ({ symbol }) => this.#interrupt(symbol),
      }),
    ];
  }

  close(): void {
    for (const cancel of this.#cancels) cancel();
  }

  check(): void {
    const now = this.#clock.monotonic();
    for (const market of this.#engine.markets()) {
      const { symbol, heardAt } = market;
      if (heardAt === undefined || !this.#watches(symbol)) continue;
      const watched = this.#watched.get(symbol);
      if (watched === undefined) {
        this.#watched.set(symbol, { lastSeen: heardAt, longestMs: 0, isWhole: true });
        continue;
      }
      if (heardAt > watched.lastSeen) {
        // A pause that includes a halt or a restart is not a usual one.
        if (market.state === 'ok' && watched.isWhole)
          watched.longestMs = Math.max(watched.longestMs * FADE, heardAt - watched.lastSeen);
        watched.lastSeen = heardAt;
        watched.isWhole = true;
        if (market.state === 'stale' && market.reason === 'upstream-silent')
          this.#engine.setState(market, 'ok', 'upstream-silent');
      } else if (
        market.state === 'ok' &&
        now - heardAt > Math.max(FLOOR_MS, FACTOR * watched.longestMs)
      ) {
        this.#engine.setState(market, 'stale', 'upstream-silent');
      }
    }
  }

  #interrupt(symbol: string): void {
    const watched = this.#watched.get(symbol);
    if (watched !== undefined) watched.isWhole = false;
  }
}
