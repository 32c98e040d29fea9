import type { Cancel, Clock } from '@tapedeck/market/time/clock';

/** The load of a process from its clients. */
export type Load = {
  /** Bytes that they have not taken yet, in total. */
  readonly bufferedBytes: number;
};

const CHECK_MS = 1_000;
/** 4 MiB for each of 64 connections that are about to be closed as slow (P22). */
const MAX_BUFFERED_BYTES = 256 * 1_024 * 1_024;
/** Far more than a busy machine does to a feed that keeps up: the stream itself is late by then. */
const MAX_LOOP_DELAY_MS = 1_000;
/** One late second is only a pause; this many in a row are an overload. */
const LATE_SECONDS = 5;

/**
 * Refuses new clients before the connected ones suffer: over a limit of buffered bytes, or while the event loop is
 * late for several seconds in a row. It ends with the first good second.
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
    /** Called with the reason when refusing begins, and with undefined when it ends. */
    readonly onChange?: (refusal: string | undefined) => void;
  }) {
    this.#loopDelayMs = options.loopDelayMs;
    this.#onChange = options.onChange ?? (() => {});
    this.#cancel = options.clock.every(CHECK_MS, () => this.#check());
  }

  /** Whose bytes are measured. */
  weigh(load: Load): void {
    this.#load = load;
  }

  /** Why new clients are refused now; undefined while they are not. */
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
