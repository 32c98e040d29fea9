import type { EpochMs } from '@tapedeck/market/level';
import { decodeUp, WireError } from '@tapedeck/market/wire/codec';
import type { ErrorName } from '@tapedeck/market/wire/error-code';
import type { UpMessage } from '@tapedeck/market/wire/up';

import type { Limits } from './limits.ts';
import { RateLimit } from './rate-limit.ts';

/** What a line of a frame was: a message, or why it is refused. */
export type Inbound =
  | { readonly message: UpMessage }
  | {
      readonly refused: ErrorName;
      readonly text: string;
      readonly id: number | undefined;
    };

/** Reads what a client sends, within its limits (P23): size of a frame, messages a second, form. */
export class InboundGate {
  readonly #limits: Limits;
  readonly #rate: RateLimit;

  constructor(limits: Limits, now: EpochMs) {
    this.#limits = limits;
    this.#rate = new RateLimit(limits.messagesPerSecond, limits.burst, now);
  }

  /** A frame is one or more messages joined by a newline (P4), each judged by itself. */
  *read(frame: string, now: EpochMs): Generator<Inbound> {
    const bytes = Buffer.byteLength(frame);
    const { frameBytes } = this.#limits;
    if (bytes > frameBytes) {
      const text = `frame: ${bytes} bytes is over the limit of ${frameBytes}`;
      yield { refused: 'badRequest', text, id: undefined };
      return;
    }
    for (const line of frame.split('\n')) if (line.trim() !== '') yield this.#line(line, now);
  }

  #line(line: string, now: EpochMs): Inbound {
    if (!this.#rate.take(now)) {
      const text = `more than ${this.#limits.messagesPerSecond} messages a second`;
      return { refused: 'tooManyRequests', text, id: undefined };
    }
    try {
      return { message: decodeUp(line) };
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const refused = error.requestType === 'replay' ? 'badReplayCommand' : 'badRequest';
      return { refused, text: error.message, id: error.id };
    }
  }
}
