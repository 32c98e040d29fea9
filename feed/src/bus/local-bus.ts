import type { Cancel } from '@tapedeck/market/clock';

import type { Bus, BusMessage } from './bus.ts';

/** A bus within one process: whoever listens has heard a message when `publish` returns. */
export class LocalBus implements Bus {
  readonly #listeners = new Set<(message: BusMessage) => void>();

  publish(message: BusMessage): void {
    for (const take of this.#listeners) take(message);
  }

  subscribe(take: (message: BusMessage) => void): Cancel {
    // A function of its own, so that the same one may listen twice and leave once.
    const listener = (message: BusMessage): void => take(message);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
