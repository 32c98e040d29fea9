import type { HistoryError } from '@tapedeck/db/database/history-error';

/** Problems met before there is a listener: during the first reads of a start. */
export class EarlyProblems {
  #early: HistoryError[] = [];
  #hear: ((problem: HistoryError) => void) | undefined;

  tell(problem: HistoryError): void {
    if (this.#hear === undefined) this.#early.push(problem);
    else this.#hear(problem);
  }

  hear(listener: (problem: HistoryError) => void): void {
    this.#hear = listener;
    for (const problem of this.#early) listener(problem);
    this.#early = [];
  }
}
