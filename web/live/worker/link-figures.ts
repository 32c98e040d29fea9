import type { EpochMs } from '@tapedeck/market/number/level';
import type { Moment, MonotonicMs } from '@tapedeck/market/time/clock';

import type { LinkReport, WorkerFigures } from '../model/deck-port.ts';
import { RecentTimes } from '../model/recent-times.ts';

/** Counts the traffic of a link, for the footer and `/status`. */
export class LinkFiguresCounter {
  readonly #latencies = new RecentTimes();
  gaps = 0;
  checksumFailures = 0;
  reconnects = 0;
  /** The tier that the feed moved us to; undefined while it is the requested one. */
  tier: string | undefined;
  lastDataAt: MonotonicMs | undefined;
  #messages = 0;
  #bytes = 0;
  #since: MonotonicMs;

  constructor(now: MonotonicMs) {
    this.#since = now;
  }

  frame(bytes: number, messages: number): void {
    this.#messages += messages;
    this.#bytes += bytes;
  }

  /** Data that the feed sent at `sendTime` by its own clock. */
  data(now: Moment, sendTime: EpochMs | undefined, offsetMs: number | undefined): void {
    this.lastDataAt = now.at;
    if (sendTime !== undefined && offsetMs !== undefined)
      this.#latencies.add(now.at, Math.max(0, now.wall + offsetMs - sendTime));
  }

  /** The figures since the last call. */
  take(
    now: MonotonicMs,
    report: LinkReport,
    sharedBy: number | undefined,
    link: { readonly roundTripMs: number | undefined; readonly resyncs: number },
  ): WorkerFigures {
    const seconds = Math.max(0.001, (now - this.#since) / 1_000);
    const latency = this.#latencies.percentiles(now, 0.5, 0.95);
    const figures: WorkerFigures = {
      transport: report.state === 'open' ? report.transport : 'none',
      via: report.via,
      rttMs: link.roundTripMs,
      latencyMs: latency && { p50: latency[0] ?? 0, p95: latency[1] ?? 0 },
      messagesPerSecond: Math.round(this.#messages / seconds),
      bytesPerSecond: Math.round(this.#bytes / seconds),
      gaps: this.gaps,
      checksumFailures: this.checksumFailures,
      resyncs: link.resyncs,
      reconnects: this.reconnects,
      clockOffsetMs: report.offsetMs,
      build: report.build,
      tier: this.tier,
      sharedBy,
    };
    this.#messages = 0;
    this.#bytes = 0;
    this.#since = now;
    return figures;
  }
}
