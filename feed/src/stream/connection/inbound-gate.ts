import type { MonotonicMs } from '@tapedeck/market/time/clock';
import { decodeUp, WireError } from '@tapedeck/market/wire/codec/codec';
import type { ErrorName } from '@tapedeck/market/wire/error-code';
import type { UpMessage } from '@tapedeck/market/wire/up';

import type { Limits } from '../frame/limits.ts';
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

  constructor(limits: Limits, now: MonotonicMs) {
    this.#limits = limits;
    this.#rate = new RateLimit(limits.messagesPerSecond, limits.burst, now);
  }

  /**
   * A frame is one or more messages joined by a newline (P4), each judged by itself. Where they come too fast the rest of
   * the frame is refused by one error that counts it: a thousand lines would be answered by as many otherwise.
   */
  *read(frame: string, now: MonotonicMs): Generator<Inbound> {
    const bytes = Buffer.byteLength(frame);
    const { frameBytes, messagesPerSecond } = this.#limits;
    if (bytes > frameBytes) {
      yield refusal('badRequest', `frame: ${bytes} bytes is over the limit of ${frameBytes}`);
      return;
    }
    const lines = frame.split('\n').filter((line) => line.trim() !== '');
    for (const [index, line] of lines.entries()) {
      if (this.#rate.take(now)) {
        yield read(line);
        continue;
      }
      const unread = lines.length - index;
      const text = `more than ${messagesPerSecond} messages a second`;
      yield refusal(
        'tooManyRequests',
        unread === 1 ? text : `${text}: ${unread} of this frame were not read`,
      );
      return;
    }
  }
}

/** One line as a message. Whatever is wrong with it, or with us while we read it, is said of this line alone. */
function read(line: string): Inbound {
  try {
    return { message: decodeUp(line) };
  } catch (error) {
    if (!(error instanceof WireError))
      return refusal('badRequest', `message: it cannot be read (${String(error)})`);
    const refused = error.requestType === 'replay' ? 'badReplayCommand' : 'badRequest';
    return { refused, text: error.message, id: error.id };
  }
}

function refusal(refused: ErrorName, text: string): Inbound {
  return { refused, text, id: undefined };
}
