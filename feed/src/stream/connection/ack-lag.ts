import type { EpochMs } from '@tapedeck/market/number/level';
import { LONG_AGO, type MonotonicMs } from '@tapedeck/market/time/clock';

/** Send times increase, give or take moments: a time earlier by more than this means that the clock was set back. */
const SET_BACK_MS = 1_000;
/** Closer send times count as one, so that a silent client costs a bounded list. */
const GRAIN_MS = 250;

/**
 * A sent message: its `sendTime`, and when it was actually written, which is later if it was held or the process
 * stalled.
 */
type Sent = { readonly sendTime: EpochMs; readonly writtenAt: MonotonicMs };

/**
 * How long the oldest unacknowledged frame has been in transit (P22). Silence is no lag: what was acknowledged last
 * does not age. Only messages with a `sendTime` count, because only these can be acknowledged.
 */
export class AckLag {
  /** Unacknowledged, oldest first, at least a grain apart; empty until the client's first ack. */
  #waiting: Sent[] = [];
  #newest: Sent = { sendTime: 0, writtenAt: LONG_AGO };
  #acked: EpochMs | undefined;
  /** Our clock was set back: an ack of earlier messages proves nothing about current ones. */
  #wasSetBack = false;

  sent(sendTime: EpochMs, writtenAt: MonotonicMs): void {
    if (sendTime < this.#newest.sendTime - SET_BACK_MS) this.#setBack();
    if (sendTime > this.#newest.sendTime) this.#newest = { sendTime, writtenAt };
    if (this.#acked === undefined || sendTime <= this.#acked) return;
    const last = this.#waiting.at(-1);
    if (last === undefined || sendTime - last.sendTime >= GRAIN_MS)
      this.#waiting.push({ sendTime, writtenAt });
  }

  /** Only what was sent can be acknowledged: an `at` in the future would hide all lag until then. */
  acked(said: EpochMs): void {
    if (this.#wasSetBack && said > this.#newest.sendTime) return;
    const at = Math.min(said, this.#newest.sendTime);
    if (this.#acked !== undefined && at <= this.#acked) return;
    this.#acked = at;
    this.#waiting = this.#waiting.filter(({ sendTime }) => sendTime > at);
    // The newest may have been within the grain of one that is now acknowledged.
    if (this.#waiting.length === 0 && this.#newest.sendTime > at) this.#waiting.push(this.#newest);
  }

  /** Until the client acknowledges something newer, only the bytes it takes show how far behind it is. */
  #setBack(): void {
    this.#waiting = [];
    this.#acked = undefined;
    this.#newest = { sendTime: 0, writtenAt: LONG_AGO };
    this.#wasSetBack = true;
  }

  /** A client that leaves a channel drops what is still in transit on it, and will not acknowledge that. */
  forgive(): void {
    this.#waiting = [];
    if (this.#acked !== undefined) this.#acked = Math.max(this.#acked, this.#newest.sendTime);
  }

  /** Undefined until the client acknowledges something. */
  lagMs(now: MonotonicMs): number | undefined {
    if (this.#acked === undefined) return undefined;
    const oldest = this.#waiting[0];
    return oldest === undefined ? 0 : Math.max(0, now - oldest.writtenAt);
  }
}
