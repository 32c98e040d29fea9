import type { History } from '@tapedeck/db/history';

import type { Log } from '../machine/log.ts';

/**
 * Records the start and end of a feed's life in the event history: a life without an end was killed (P19). A failing
 * disk does not stop the market; the recorder reports it.
 */
export class EventLife {
  readonly #history: History;
  readonly #epoch: string;
  readonly #log: Log;

  constructor(history: History, epoch: string, log: Log) {
    this.#history = history;
    this.#epoch = epoch;
    this.#log = log;
  }

  begin(): void {
    this.#try(() => this.#history.events.begin(this.#epoch));
  }

  end(lastSeq: number): void {
    this.#try(() => this.#history.events.end(this.#epoch, lastSeq));
  }

  #try(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#log.error({ err: error }, 'cannot record the start or end of the event log');
    }
  }
}
