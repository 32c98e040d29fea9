import type { MonotonicMs } from '@tapedeck/market/time/clock';
import { decodeUp, WireError } from '@tapedeck/market/wire/codec/codec';
import type { ErrorName } from '@tapedeck/market/wire/error-code';
import type { UpMessage } from '@tapedeck/market/wire/up';

import type { Limits } from '../frame/limits.ts';
import { RateLimit } from './rate-limit.ts';

/** A line of a frame: a message, or why it is refused. */
export type Inbound =
  | { readonly message: UpMessage }
  | {
      readonly refused: ErrorName;
      readonly text: string;
      readonly id: number | undefined;
    };

/** Reads what a client sends, within its limits (P23): size of a frame, messages per second, form. */
export class InboundGate {
  readonly #limits: Limits;
  readonly #rate: RateLimit;

  constructor(limits: Limits, now: MonotonicMs) {
    this.#limits = limits;
    this.#rate = new RateLimit(limits.messagesPerSecond, limits.burst, now);
  }

  /**
   * A frame is one or more messages joined by a newline (P4), each judged by itself. If they come too fast, one error
   * counts the rest of the frame: otherwise a thousand lines would cause a thousand errors.
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

/** One line as a message. Any fault in it, or of ours while parsing it, concerns this line alone. */
function read(line: string): Inbound {
  try {
    return { message: decodeUp(line) };
  } catch (error) {
    if (!(error instanceof WireError))
      return refusal('badRequest', `message: cannot be read (${String(error)})`);
    const refused = error.requestType === 'replay' ? 'badReplayCommand' : 'badRequest';
    return { refused, text: error.message, id: error.id };
  }
}

function refusal(refused: ErrorName, text: string): Inbound {
  return { refused, text, id: undefined };
}
