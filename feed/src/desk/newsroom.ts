import type { HeadlineEvent } from '@tapedeck/market/instrument/market-event';
import type { Clock } from '@tapedeck/market/time/clock';
import type {
  AlertEvent,
  LoggedEvent,
  SessionEvent,
  StatusBody,
} from '@tapedeck/market/wire/event';

import type { EventLog } from '../event/event-log.ts';

type Recording = { readonly event: (event: LoggedEvent) => void };

/** Every event that people are told of goes through here: into the log, whence SSE takes it, and into the history. */
export class Newsroom {
  readonly #clock: Clock;
  readonly #events: EventLog;
  #recorder: Recording | undefined;
  #session: string | undefined;

  constructor({ clock, events }: { readonly clock: Clock; readonly events: EventLog }) {
    this.#clock = clock;
    this.#events = events;
  }

  /** From now on every event is recorded there. */
  keepIn(recorder: Recording): void {
    this.#recorder = recorder;
  }

  headline({ type: _, ...body }: HeadlineEvent): void {
    this.#keep(this.#events.append('news', body));
  }

  alert(event: AlertEvent): void {
    this.#keep(this.#events.append('alert', event));
  }

  status(
    severity: StatusBody['severity'],
    kind: string,
    symbols: readonly string[],
    message: string,
  ): void {
    const time = this.#clock.now();
    this.#keep(this.#events.append('status', { time, severity, kind, symbols, message }));
  }

  session(id: string, change: SessionEvent['change']): void {
    this.#session = change === 'started' ? id : this.#session;
    this.#keep(this.#events.append('session', { id, change, time: this.#clock.now() }));
  }

  /** Trouble of the recorder, undefined when it is over, and what was not recorded since it began. */
  storage(message: string | undefined, lost: number): void {
    const loss = lost === 0 ? 'nothing was lost' : `${lost} changes and trades were not recorded`;
    if (message === undefined) this.status('info', 'storage', [], `recording goes on: ${loss}`);
    else this.status('critical', 'storage', [], `not recording: ${message}`);
  }

  /** What became of the history file under the feed; undefined when that is over, with what was done. */
  file(trouble: string | undefined, outcome: string): void {
    if (trouble === undefined)
      this.status('info', 'storage', [], `the history is well: ${outcome}`);
    else this.status('critical', 'storage', [], trouble);
  }

  /** Nobody new is let in; undefined when it is over. */
  overload(refusal: string | undefined): void {
    if (refusal === undefined) this.status('info', 'overload', [], 'new connections are welcome');
    else this.status('critical', 'overload', [], `new connections are refused: ${refusal}`);
  }

  /** Faults are injected on purpose, or no longer. */
  chaos(isActive: boolean, message: string): void {
    this.status(isActive ? 'critical' : 'info', 'chaos', [], message);
  }

  #keep(event: LoggedEvent): void {
    this.#recorder?.event(event);
  }

  /** Told while there is still somebody to tell. */
  close(): void {
    if (this.#session !== undefined) this.session(this.#session, 'ended');
  }
}
