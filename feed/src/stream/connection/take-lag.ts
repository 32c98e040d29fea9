import type { MonotonicMs } from '@tapedeck/market/time/clock';

/**
 * How long a client has taken nothing although bytes wait for it (P22): the lag by `bufferedAmount`, for clients that
 * never acknowledge. Any byte taken restarts the time, so a client that reads is never behind by this measure.
 */
export class TakeLag {
  #sent = 0;
  /** Most bytes ever taken. */
  #taken = 0;
  /** Since when nothing was taken; undefined while nothing waits. */
  #since: MonotonicMs | undefined;

  sent(bytes: number): void {
    this.#sent += bytes;
  }

  lagMs(bufferedBytes: number, now: MonotonicMs): number {
    if (bufferedBytes === 0) {
      this.#since = undefined;
      return 0;
    }
    const taken = this.#sent - bufferedBytes;
    if (this.#since === undefined || taken > this.#taken) {
      this.#taken = taken;
      this.#since = now;
    }
    return Math.max(0, now - this.#since);
  }

  /** The time until now was not the client's fault. */
  forgive(now: MonotonicMs): void {
    if (this.#since !== undefined) this.#since = now;
  }
}
