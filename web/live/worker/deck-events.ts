/*
 * The feed's events for all pages of an engine: one stream. Where each page has an engine of its own, the events are
 * polled, as a browser has six connections to a host for all of its tabs, and a stream would keep one of them.
 */
import type { LinkState } from '@tapedeck/market/link/link-state';
import { Random } from '@tapedeck/market/number/random';
import type { Clock } from '@tapedeck/market/time/clock';
import type { SyncBody } from '@tapedeck/market/wire/event';

import type { FromDeckWorker } from '../model/deck-port.ts';
import { EventStream } from '../stream/event-stream.ts';

export type DeckEventsOptions = {
  readonly clock: Clock;
  readonly random: Random;
  readonly isPolled: boolean;
  /** A request to the feed by an address that answers. @throws if there is none, or the feed refuses */
  readonly fetch: (path: string, init: RequestInit) => Promise<Response>;
  readonly tell: (message: FromDeckWorker) => void;
};

export class DeckEvents {
  readonly #stream: EventStream;
  #sync: SyncBody | undefined;
  #wasCut = false;

  constructor({ clock, random, isPolled, fetch, tell }: DeckEventsOptions) {
    this.#stream = new EventStream({
      clock,
      // Of its own: its pauses do not change those of the link.
      random: new Random(random.integer(0, 2 ** 32 - 1)),
      isPolled,
      fetch,
      onEvent: (event) => tell({ type: 'event', event }),
      onSync: (sync) => {
        this.#sync = sync;
        tell({ type: 'sync', resume: sync.resume });
      },
    });
    this.#stream.view.subscribe(() =>
      tell({ type: 'events-state', view: this.#stream.view.getSnapshot() }),
    );
  }

  start(replayId: string | undefined): void {
    this.#stream.follow(replayId);
  }

  stop(): void {
    this.#stream.stop();
  }

  /**
   * For a page that attaches. It may have read something before an event that was sent only to the others: as far as
   * it knows nothing was resumed, so it reads again.
   */
  greet(post: (message: FromDeckWorker) => void): void {
    post({ type: 'events-state', view: this.#stream.view.getSnapshot() });
    if (this.#sync !== undefined) post({ type: 'sync', resume: 'none' });
  }

  /** A stream from before a cut of the link may be dead without having ended. */
  onLink({ kind }: LinkState): void {
    if (kind === 'waiting' || kind === 'closed') this.#wasCut = true;
    if (kind !== 'open' || !this.#wasCut) return;
    this.#wasCut = false;
    this.#stream.reconnect();
  }
}
