import type { LineScanner } from '../format/recording-format.ts';

/** Leading digits of a receive time that are seconds; the rest is a fraction in any unit. */
const SECONDS_DIGITS = 10;

/**
 * Whether receive times increase. Each is compared with that of the line before, not with the highest so far: one
 * wrong time must not cost all lines after it.
 */
export class ReceiveOrder {
  #text: string | undefined = '';
  #digits = 0;
  #seconds = 0;
  #fraction = 0;

  /** The previous time, if `time` is before it. A different length means another unit. */
  check(time: string | undefined): string | undefined {
    if (time === undefined) return undefined;
    const before = this.#before();
    this.#text = time;
    this.#digits = time.length;
    this.#seconds = Number(time.slice(0, SECONDS_DIGITS));
    this.#fraction = Number(time.slice(SECONDS_DIGITS));
    // Compared as text: nanoseconds do not fit a double.
    return time.length === before.length && time < before ? before : undefined;
  }

  /**
   * The same for a scanned line. If its time goes backwards, returns false and keeps nothing: `check` then reports
   * it.
   */
  follows({ timeDigits, seconds, fraction }: LineScanner): boolean {
    const runsBack =
      timeDigits === this.#digits &&
      (seconds < this.#seconds || (seconds === this.#seconds && fraction < this.#fraction));
    if (runsBack) return false;
    this.#text = undefined;
    this.#digits = timeDigits;
    this.#seconds = seconds;
    this.#fraction = fraction;
    return true;
  }

  #before(): string {
    if (this.#text !== undefined) return this.#text;
    const fraction = String(this.#fraction).padStart(this.#digits - SECONDS_DIGITS, '0');
    const seconds = String(this.#seconds).padStart(SECONDS_DIGITS, '0');
    return this.#digits > SECONDS_DIGITS ? seconds + fraction : seconds;
  }
}
