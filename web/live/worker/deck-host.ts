/*
 * Leads pages to engines: pages that ask for the same (the live market or a replay, by the same addresses and token)
 * share one. An engine starts with its first page and ends a little after its last, so that a reload does not cut its
 * link.
 */
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

import type { FromDeckWorker } from '../model/deck-port.ts';
import type { DeckEngine } from './deck-engine.ts';
import type { DeckPage, DeckStart } from './deck-page.ts';
import { PagePort, type PagePortOptions } from './page-port.ts';

/** A reload takes less. */
const LINGER_MS = 3_000;
const SWEEP_MS = 60_000;

export type DeckHostOptions = {
  readonly clock: Clock;
  readonly createEngine: () => DeckEngine;
  readonly onLockFree: PagePortOptions['onLockFree'];
};

type Running = { readonly engine: DeckEngine; cancelEnd: Cancel };

export class DeckHost {
  readonly #options: DeckHostOptions;
  readonly #engines = new Map<string, Running>();
  readonly #ports = new Set<PagePort>();

  constructor(options: DeckHostOptions) {
    this.#options = options;
    options.clock.every(SWEEP_MS, () => {
      for (const port of this.#ports) port.sweep();
    });
  }

  /** Engines that run, and pages that are connected. */
  get counts(): { readonly engines: number; readonly ports: number } {
    return { engines: this.#engines.size, ports: this.#ports.size };
  }

  connect(post: (message: FromDeckWorker) => void): PagePort {
    const { clock, onLockFree } = this.#options;
    const port = new PagePort({
      clock,
      post,
      onLockFree,
      attach: (start, postLater) => this.#attach(start, postLater),
      onEnd: (ended) => {
        this.#ports.delete(ended);
        this.#endUnused();
      },
    });
    this.#ports.add(port);
    return port;
  }

  #attach(start: DeckStart, post: (message: FromDeckWorker) => void): DeckPage {
    const key = identityOf(start);
    let running = this.#engines.get(key);
    if (running === undefined) {
      running = { engine: this.#options.createEngine(), cancelEnd: () => {} };
      this.#engines.set(key, running);
    }
    running.cancelEnd();
    const page = running.engine.attach(post);
    page.hear(start);
    return page;
  }

  #endUnused(): void {
    for (const [key, running] of this.#engines) {
      if (running.engine.pages > 0) continue;
      running.cancelEnd();
      running.cancelEnd = this.#options.clock.after(LINGER_MS, () => {
        this.#engines.delete(key);
        running.engine.stop();
      });
    }
  }
}

/** Which address was preferred at the start changes nothing: the engine finds what works. */
function identityOf({ addresses, token, replayId }: DeckStart): string {
  return JSON.stringify([addresses.direct, addresses.sameOrigin, token, replayId]);
}
