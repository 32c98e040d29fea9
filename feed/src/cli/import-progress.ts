import { SingleBar } from 'cli-progress';

import type { Clock, MonotonicMs } from '@tapedeck/market/time/clock';

import type { ImportProgress } from '../import/session/recording-import.ts';

/** One line per second is enough for a log. */
const PLAIN_INTERVAL_MS = 1_000;
const MEGABYTE = 1_000_000;

/** Shows an import's progress on standard error: standard output is for results. */
export interface ProgressView {
  update(progress: ImportProgress): void;
  stop(): void;
}

/** A bar with rate and time left on a terminal, plain lines elsewhere. */
export function createProgressView(stream: NodeJS.WriteStream, clock: Clock): ProgressView {
  return stream.isTTY ? new BarView(stream, clock) : new LineView(stream, clock);
}

/** Bytes of the files and events per second since the start. */
function ratesOf(
  progress: ImportProgress,
  elapsedMs: number,
): { rate: string; events: string; etaSeconds: number } {
  const seconds = Math.max(elapsedMs, 1) / 1_000;
  const bytesPerSecond = progress.bytes / seconds;
  const left = progress.totalBytes - progress.bytes;
  return {
    rate: (bytesPerSecond / MEGABYTE).toFixed(1),
    events: Math.round(progress.events / seconds).toLocaleString('en-US'),
    etaSeconds: bytesPerSecond > 0 ? Math.ceil(left / bytesPerSecond) : 0,
  };
}

class BarView implements ProgressView {
  readonly #clock: Clock;
  readonly #bar: SingleBar;
  readonly #start: MonotonicMs;
  #started = false;

  constructor(stream: NodeJS.WriteStream, clock: Clock) {
    this.#clock = clock;
    this.#start = clock.monotonic();
    this.#bar = new SingleBar({
      stream,
      format: '{symbol} [{bar}] {percentage}% | {rate} MB/s | {perSecond} events/s | {left} s left',
      hideCursor: true,
      clearOnComplete: true,
    });
  }

  update(progress: ImportProgress): void {
    const { rate, events, etaSeconds } = ratesOf(progress, this.#clock.monotonic() - this.#start);
    const payload = { symbol: progress.symbol, rate, perSecond: events, left: etaSeconds };
    if (!this.#started) this.#bar.start(progress.totalBytes, progress.bytes, payload);
    else this.#bar.update(progress.bytes, payload);
    this.#started = true;
  }

  stop(): void {
    if (this.#started) this.#bar.stop();
  }
}

class LineView implements ProgressView {
  readonly #stream: NodeJS.WriteStream;
  readonly #clock: Clock;
  readonly #start: MonotonicMs;
  #shownAt: MonotonicMs;

  constructor(stream: NodeJS.WriteStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    this.#start = clock.monotonic();
    this.#shownAt = this.#start;
  }

  update(progress: ImportProgress): void {
    const now = this.#clock.monotonic();
    if (now - this.#shownAt < PLAIN_INTERVAL_MS) return;
    this.#shownAt = now;
    const { rate, events, etaSeconds } = ratesOf(progress, now - this.#start);
    const percent = Math.floor((100 * progress.bytes) / Math.max(1, progress.totalBytes));
    this.#stream.write(
      `${progress.symbol} ${percent} %, ${rate} MB/s, ${events} events/s, ${etaSeconds} s left\n`,
    );
  }

  stop(): void {
    // Plain lines need no cleanup.
  }
}
