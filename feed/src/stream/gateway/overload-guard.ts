import type { Cancel, Clock } from '@tapedeck/market/time/clock';

/** What a process carries for its clients. */
export type Load = {
  /** Bytes that they have not taken yet, all together. */
  readonly bufferedBytes: number;
};

const CHECK_MS = 1_000;
/** 4 MiB for each of 64 connections that are about to be closed for being slow (P22). */
const MAX_BUFFERED_BYTES = 256 * 1_024 * 1_024;
/** Far above what a busy machine does to a feed that still keeps up: the stream itself is late by then. */
const MAX_LOOP_DELAY_MS = 1_000;
/** One late second is a pause, so many in a row are overload. */
const LATE_SECONDS = 5;

/**
 * Refuses whoever is new before those who are there suffer: over a bound of buffered bytes, or while the event loop is
 * late for seconds on end. It ends with the first good second.
 */
export class OverloadGuard {
  readonly #loopDelayMs: () => number;
  #load: Load | undefined;
  readonly #onChange: (refusal: string | undefined) => void;
  readonly #cancel: Cancel;
  #late = 0;
  #refusal: string | undefined;

  constructor(options: {
    readonly clock: Clock;
    /** 99th percentile of the event loop's delay over the last second. */
    readonly loopDelayMs: () => number;
    /** Told when it begins to refuse, and why; undefined when it is over. */
    readonly onChange?: (refusal: string | undefined) => void;
  }) {
    this.#loopDelayMs = options.loopDelayMs;
    this.#onChange = options.onChange ?? (() => {});
    this.#cancel = options.clock.every(CHECK_MS, () => this.#check());
  }

  /** Whose bytes are looked at. */
  weigh(load: Load): void {
    this.#load = load;
  }

  /** Why nobody new is let in now; undefined while anybody is. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  close(): void {
    this.#cancel();
  }

  #check(): void {
    const bufferedBytes = this.#load?.bufferedBytes ?? 0;
    const loopDelayMs = this.#loopDelayMs();
    this.#late = loopDelayMs > MAX_LOOP_DELAY_MS ? this.#late + 1 : 0;
    const before = this.#refusal;
    this.#refusal =
      bufferedBytes > MAX_BUFFERED_BYTES
        ? `overload: ${bufferedBytes} bytes wait for clients, try later`
        : this.#late >= LATE_SECONDS
          ? `overload: the event loop is ${Math.round(loopDelayMs)} ms late, try later`
          : undefined;
    if ((before === undefined) !== (this.#refusal === undefined)) this.#onChange(this.#refusal);
  }
}
