import type { EpochMs } from '@tapedeck/market/number/level';
import { LONG_AGO, type MonotonicMs } from '@tapedeck/market/time/clock';

/** Send times are in the order of writing, but for moments: one that is earlier by more was said by a clock that was set back. */
const SET_BACK_MS = 1_000;
/** Send times closer together than this are not told apart, so that a silent client costs a bounded list. */
const GRAIN_MS = 250;

/** Sent, by its `sendTime`, and when it was really written: what it says was held for a moment, or through a stall. */
type Sent = { readonly sendTime: EpochMs; readonly writtenAt: MonotonicMs };

/**
 * How long the oldest frame has been on its way that a client did not acknowledge (P22). Quiet is no lag: what was
 * acknowledged last does not age. Only messages that carry a `sendTime` count, because only these can be acknowledged.
 */
export class AckLag {
  /** Unacknowledged, oldest first, at least a grain apart; empty until the client says its first ack. */
  #waiting: Sent[] = [];
  #newest: Sent = { sendTime: 0, writtenAt: LONG_AGO };
  #acked: EpochMs | undefined;
  /** Our clock was set back: what is acknowledged of before that says nothing of what is sent now. */
  #wasSetBack = false;

  sent(sendTime: EpochMs, writtenAt: MonotonicMs): void {
    if (sendTime < this.#newest.sendTime - SET_BACK_MS) this.#setBack();
    if (sendTime > this.#newest.sendTime) this.#newest = { sendTime, writtenAt };
    if (this.#acked === undefined || sendTime <= this.#acked) return;
    const last = this.#waiting.at(-1);
    if (last === undefined || sendTime - last.sendTime >= GRAIN_MS)
      this.#waiting.push({ sendTime, writtenAt });
  }

  /** What was never sent cannot be acknowledged: an `at` of the future would hide all lag until then. */
  acked(said: EpochMs): void {
    if (this.#wasSetBack && said > this.#newest.sendTime) return;
    const at = Math.min(said, this.#newest.sendTime);
    if (this.#acked !== undefined && at <= this.#acked) return;
    this.#acked = at;
    this.#waiting = this.#waiting.filter(({ sendTime }) => sendTime > at);
    // The newest may have been within the grain of one that is acknowledged now.
    if (this.#waiting.length === 0 && this.#newest.sendTime > at) this.#waiting.push(this.#newest);
  }

  /** Until the client acknowledges what is sent from here on, only the bytes that it takes say how far it is behind. */
  #setBack(): void {
    this.#waiting = [];
    this.#acked = undefined;
    this.#newest = { sendTime: 0, writtenAt: LONG_AGO };
    this.#wasSetBack = true;
  }

  /** A client that leaves a channel drops what is still under way on it, and will not acknowledge that. */
  forgive(): void {
    this.#waiting = [];
    if (this.#acked !== undefined) this.#acked = Math.max(this.#acked, this.#newest.sendTime);
  }

  /** Undefined while the client never acknowledged anything. */
  lagMs(now: MonotonicMs): number | undefined {
    if (this.#acked === undefined) return undefined;
    const oldest = this.#waiting[0];
    return oldest === undefined ? 0 : Math.max(0, now - oldest.writtenAt);
  }
}
