/* The double without sockets: everything follows the given clock, so a test can pass hours in an instant. */
import type { Cancel, Clock } from '@tapedeck/market/time/clock';

import type {
  SocketListener,
  Wire,
  WireAnswer,
  WireRequest,
  WireSocket,
} from '../../src/source/venue/wire/wire.ts';
import type { DoubleVenue } from './double-venue.ts';

const DIAL_MS = 5;
const ANSWER_MS = 20;

export class DoubleWire implements Wire {
  readonly #clock: Clock;
  readonly #venue: DoubleVenue;

  constructor(clock: Clock, venue: DoubleVenue) {
    this.#clock = clock;
    this.#venue = venue;
  }

  dial(url: string, listener: SocketListener): WireSocket {
    const venue = this.#venue;
    const { pathname, search } = new URL(url);
    let isOver = false;
    let line: Extract<ReturnType<DoubleVenue['open']>, { hear: unknown }> | undefined;
    this.#clock.after(DIAL_MS, () => {
      if (isOver) return;
      const opened = venue.open(pathname + search, {
        send: (text) => !isOver && listener.message(text),
        close: (code) => {
          if (isOver) return;
          isOver = true;
          listener.ended({ detail: `closed ${code}` });
        },
      });
      if ('hear' in opened) {
        line = opened;
        listener.opened();
        return;
      }
      isOver = true;
      const { status, retryAfter } = opened;
      const after = retryAfter === undefined ? undefined : String(retryAfter);
      listener.ended({ detail: `refused ${status}`, status, retryAfter: after });
    });
    return {
      send: (text) => line?.hear(text),
      ping: () => {
        venue.hearFrame();
        this.#clock.after(DIAL_MS, () => {
          if (!isOver && line !== undefined && venue.faults.isHalfOpen !== true) listener.ponged();
        });
      },
      pong: () => venue.hearFrame(),
      end: () => {
        isOver = true;
        line?.gone();
      },
    };
  }

  ask({ url, body: sent, timeoutMs }: WireRequest, done: (answer: WireAnswer) => void): Cancel {
    const { pathname, search } = new URL(url);
    if (this.#venue.faults.isHalfOpen === true)
      return this.#clock.after(timeoutMs, () => done({ status: 0, text: 'no answer' }));
    const { status, body, retryAfter, delayMs } = this.#venue.rest(pathname + search, sent);
    const ms = ANSWER_MS + delayMs;
    if (ms > timeoutMs)
      return this.#clock.after(timeoutMs, () => done({ status: 0, text: 'no answer' }));
    const after = retryAfter === undefined ? undefined : String(retryAfter);
    return this.#clock.after(ms, () =>
      done({ status, text: body, retryAfter: after } as WireAnswer),
    );
  }
}
