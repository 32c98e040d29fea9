/* A wire that remembers what went wrong last, for when a venue's connector has nothing to say about it. */
import type { Cancel, Clock, MonotonicMs } from '@tapedeck/market/time/clock';

import type {
  SocketListener,
  Wire,
  WireAnswer,
  WireRequest,
  WireSocket,
} from '../../source/venue/wire/wire.ts';

/** Of an answer's text: enough for a venue's own error message. */
const TEXT = 160;

export class ProbeWire implements Wire {
  readonly #wire: Wire;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #trouble: string | undefined;
  #firstFrameAt: MonotonicMs | undefined;

  constructor(wire: Wire, clock: Pick<Clock, 'monotonic'>) {
    this.#wire = wire;
    this.#clock = clock;
  }

  /** The newest request or socket that failed. */
  get trouble(): string | undefined {
    return this.#trouble;
  }
  get firstFrameAt(): MonotonicMs | undefined {
    return this.#firstFrameAt;
  }

  dial(url: string, listener: SocketListener): WireSocket {
    return this.#wire.dial(url, {
      ...listener,
      message: (text) => {
        this.#firstFrameAt ??= this.#clock.monotonic();
        listener.message(text);
      },
      ended: (end) => {
        this.#trouble = `the socket ${pathOf(url)}: ${end.detail}`;
        listener.ended(end);
      },
    });
  }

  ask(request: WireRequest, done: (answer: WireAnswer) => void): Cancel {
    return this.#wire.ask(request, (answer) => {
      const { status, text } = answer;
      if (status !== 200)
        this.#trouble = `the request ${pathOf(request.url)}: ${status === 0 ? '' : `${status} `}${text.slice(0, TEXT)}`;
      done(answer);
    });
  }
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}
