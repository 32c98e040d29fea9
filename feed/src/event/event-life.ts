import type { History } from '@tapedeck/db/history';

import type { Log } from '../machine/log.ts';

/**
 * Beginning and end of a feed's life in the history of events: whoever finds no end knows that it was killed (P19). A
 * disk that takes nothing keeps nobody from trading: the recorder tells of it.
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
      this.#log.error({ err: error }, 'beginning or end of the event log is not kept');
    }
  }
}
