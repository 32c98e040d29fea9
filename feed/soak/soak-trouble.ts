import type { Random } from '@tapedeck/market/number/random';
import { VENUE_FAULTS } from '@tapedeck/market/wire/chaos';

import { type SoakClient, SYMBOLS } from './soak-clients.ts';
import type { SoakFeed } from './soak-feed.ts';

const SCENARIOS = [
  'burst',
  'flash-crash',
  'exchange-restart',
  'gap',
  'crossed',
  'halt',
  'tick-size-change',
  'thin-book',
  'normal',
];
const VENUE_FAULT_MS = 25_000;
const SCENARIO_MS = 45_000;
const CUT_MS = 9_000;
const PAUSE_MS = 13_000;
const HARM = { drop: 0.01, duplicate: 0.01, reorder: 0.01, corrupt: 0.005, stallMs: 2_000 };
const NO_HARM = { drop: 0, duplicate: 0, reorder: 0, corrupt: 0, stallMs: 0 };

/** The faults of the feed and of its clients. */
export class SoakTrouble {
  venueFaults = 0;
  scenarios = 0;
  cuts = 0;
  pauses = 0;
  readonly #feed: SoakFeed;
  readonly #clients: readonly SoakClient[];
  readonly #random: Random;
  /** When each kind is due again. */
  #next: {
    readonly venue: number;
    readonly scenario: number;
    readonly cut: number;
    readonly pause: number;
  };

  constructor(feed: SoakFeed, clients: readonly SoakClient[], random: Random, startedAt: number) {
    this.#feed = feed;
    this.#clients = clients;
    this.#random = random;
    this.#next = {
      venue: startedAt + VENUE_FAULT_MS,
      scenario: startedAt + SCENARIO_MS,
      cut: startedAt + CUT_MS,
      pause: startedAt + PAUSE_MS,
    };
  }

  /** Does whatever is due. */
  async step(now: number): Promise<void> {
    await this.#harm();
    const random = this.#random;
    if (now >= this.#next.venue) {
      this.#next = { ...this.#next, venue: now + VENUE_FAULT_MS };
      const fault = random.pick(VENUE_FAULTS);
      const symbol = random.pick(SYMBOLS);
      if ((await this.#feed.chaos({ target: 'symbol', symbol, fault, forMs: 7_000 })) === 200)
        this.venueFaults++;
    }
    if (now >= this.#next.scenario) {
      this.#next = { ...this.#next, scenario: now + SCENARIO_MS };
      await this.#feed.post('/v1/simulation', { scenario: random.pick(SCENARIOS) });
      this.scenarios++;
    }
    if (now >= this.#next.cut) {
      this.#next = { ...this.#next, cut: now + CUT_MS };
      random.pick(this.#of('cut', 'sse')).link.cut();
      this.cuts++;
    }
    if (now >= this.#next.pause) {
      this.#next = { ...this.#next, pause: now + PAUSE_MS };
      const { link } = random.pick(this.#of('slow'));
      link.pause();
      this.pauses++;
      setTimeout(() => link.resume(), random.integer(1_000, 12_000));
    }
  }

  /** Ends all of it. */
  async end(): Promise<void> {
    await this.#feed.post('/v1/simulation', { scenario: 'normal' });
    for (const { link } of this.#clients) link.resume();
    for (const { harmed } of this.#clients)
      if (harmed !== undefined)
        await this.#feed.chaos({ target: 'connection', connection: harmed, faults: NO_HARM });
  }

  /** A connection keeps its faults while it lives: each new one gets its own. */
  async #harm(): Promise<void> {
    for (const client of this.#of('harmed')) {
      const { connection } = client.link;
      if (connection === undefined || connection === client.harmed) continue;
      // Unknown: it is gone again already.
      if ((await this.#feed.chaos({ target: 'connection', connection, faults: HARM })) === 200)
        client.harmed = connection;
    }
  }

  #of(...kinds: readonly SoakClient['kind'][]): readonly SoakClient[] {
    return this.#clients.filter(({ kind }) => kinds.includes(kind));
  }
}
