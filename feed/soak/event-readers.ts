import { setTimeout as pause } from 'node:timers/promises';

const READERS = 4;
const AWAY_MS = 500;

/** Readers of server-sent events that leave in the middle of a stream and return. */
export class EventReaders {
  bytes = 0;
  readonly #base: string;
  readonly #stops = new Set<AbortController>();
  #isOver = false;

  constructor(base: string) {
    this.#base = base;
    for (let index = 0; index < READERS; index++) void this.#read(5_000 + 4_000 * index);
  }

  stop(): void {
    this.#isOver = true;
    for (const stop of this.#stops) stop.abort();
  }

  async #read(stayMs: number): Promise<void> {
    while (!this.#isOver) {
      const stop = new AbortController();
      this.#stops.add(stop);
      const cancel = setTimeout(() => stop.abort(), stayMs);
      try {
        const response = await fetch(`${this.#base}/v1/events`, { signal: stop.signal });
        for await (const chunk of response.body ?? []) this.bytes += (chunk as Uint8Array).length;
      } catch {
        // Left, or refused.
      }
      clearTimeout(cancel);
      this.#stops.delete(stop);
      await pause(AWAY_MS);
    }
  }
}
