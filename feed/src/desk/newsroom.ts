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

/** Every event for people passes through here: into the log, from which SSE sends it, and into the history. */
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
    if (message === undefined) this.status('info', 'storage', [], `recording resumed: ${loss}`);
    else this.status('critical', 'storage', [], `not recording: ${message}`);
  }

  /** Trouble of the history file; undefined when it is over, with what was done. */
  file(trouble: string | undefined, outcome: string): void {
    if (trouble === undefined)
      this.status('info', 'storage', [], `the history is ok again: ${outcome}`);
    else this.status('critical', 'storage', [], trouble);
  }

  /** New clients are refused; undefined when that is over. */
  overload(refusal: string | undefined): void {
    if (refusal === undefined)
      this.status('info', 'overload', [], 'new connections are accepted again');
    else this.status('critical', 'overload', [], `new connections are refused: ${refusal}`);
  }

  /** Faults are being injected, or no longer. */
  chaos(isActive: boolean, message: string): void {
    this.status(isActive ? 'critical' : 'info', 'chaos', [], message);
  }

  #keep(event: LoggedEvent): void {
    this.#recorder?.event(event);
  }

  /** Announces the stop while clients are still connected. */
  close(): void {
    if (this.#session !== undefined) this.session(this.#session, 'ended');
  }
}
