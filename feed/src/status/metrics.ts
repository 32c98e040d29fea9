/*
 * `/metrics` for Prometheus. The registry lives as long as the feed: histograms are fed where things happen, counters
 * follow counts that are kept anyway and are read when somebody asks. Names are `tapedeck_*` with their unit; only
 * counters end in `_total`.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { StatusReport } from '@tapedeck/market/wire/http';

import type { MarketEngine } from '../engine/market-engine.ts';
import type { SymbolMarket } from '../engine/symbol-market.ts';
import type { StreamCounters } from '../stream/stream-counters.ts';
import type { Percentiles } from './percentiles.ts';

/** Of what is counted elsewhere. */
export type MetricsSources = {
  readonly engine: MarketEngine;
  readonly gateway: {
    readonly counters: StreamCounters;
    readonly connections: ReadonlySet<{ readonly level: number }>;
    readonly bufferedBytes: number;
    resyncsOf(symbol: string): number;
  };
  readonly audit: { readonly audits: number; readonly mismatches: number };
  readonly recorder: () => StatusReport['recorder'];
  readonly eventStreams: () => number;
  readonly channels: () => number;
  readonly loop: () => Percentiles | null;
  readonly build: string;
  readonly source: string;
};

/** Of the way of an event: from the venue to us, through the feed, to the client's acknowledgement. */
export type LagStage = 'venue' | 'feed' | 'client';

/** Venue time stamps are worth a look, not a look at each. */
const VENUE_SAMPLE = 16;
const LAG_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60];
const LEVELS = ['0', '1', '2', '3'] as const;

export class FeedMetrics {
  readonly #registry = new Registry();
  readonly #lag: Histogram<'stage'>;
  readonly #gaps: Counter<'symbol' | 'reason'>;
  readonly #checksums: Counter<'symbol'>;
  readonly #off: () => void;
  #deltas = 0;

  constructor(sources: MetricsSources) {
    this.#lag = new Histogram({
      name: 'tapedeck_lag_seconds',
      help: 'Age of market data: venue to here, here to the socket, socket to acknowledgement',
      labelNames: ['stage'],
      buckets: LAG_BUCKETS,
      registers: [this.#registry],
    });
    this.#gaps = new Counter({
      name: 'tapedeck_gaps_total',
      help: 'Gaps, silences and resets of the source',
      labelNames: ['symbol', 'reason'],
      registers: [this.#registry],
    });
    this.#checksums = new Counter({
      name: 'tapedeck_checksum_failures_total',
      help: 'Books of the source that did not check',
      labelNames: ['symbol'],
      registers: [this.#registry],
    });
    this.#stream(sources);
    this.#markets(sources);
    this.#process(sources);
    this.#off = sources.engine.listen({
      delta: (_, { eventTime, receiveTime }) => {
        if (++this.#deltas % VENUE_SAMPLE === 0) this.lag('venue', receiveTime - eventTime);
      },
      state: ({ symbol, state, reason }) => {
        if (state === 'stale') this.#gaps.inc({ symbol, reason });
      },
      reset: ({ symbol }, reason) => {
        this.#gaps.inc({ symbol, reason });
        if (reason === 'checksum') this.#checksums.inc({ symbol });
      },
    });
  }

  /** A venue's clock may be ahead of ours: that counts as 0. */
  lag(stage: LagStage, ms: number): void {
    this.#lag.observe({ stage }, Math.max(0, ms) / 1_000);
  }

  /** What a scrape gets. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  close(): void {
    this.#off();
  }

  #stream({ gateway, eventStreams, channels, audit }: MetricsSources): void {
    const { counters } = gateway;
    this.#gauge('connections', 'Open websocket connections', () => gateway.connections.size);
    this.#gaugeOf('connections_by_level', 'Connections by flow level', 'level', () => {
      const counts = [0, 0, 0, 0];
      for (const { level } of gateway.connections) counts[level] = (counts[level] ?? 0) + 1;
      return LEVELS.map((level, index) => [level, counts[index] ?? 0]);
    });
    this.#gauge('event_stream_connections', 'Open server-sent event streams', eventStreams);
    this.#gauge('buffered_bytes', 'Untaken bytes of all clients', () => gateway.bufferedBytes);
    this.#gauge('channels', 'Channels that are kept for subscribers', channels);
    this.#count('deliveries_total', 'Messages written to clients', () => counters.messages);
    this.#count('frames_total', 'Frames written to clients', () => counters.frames);
    this.#count('sent_bytes_total', 'Bytes written to clients', () => counters.bytes);
    this.#count(
      'books_skipped_total',
      'Book flushes a slow client skipped',
      () => counters.skipped,
    );
    this.#count('trades_counted_total', 'Trades counted, not sent', () => counters.summarised);
    this.#count('slowed_total', 'Moves of a connection to the 1s tier', () => counters.slowed);
    this.#count('slow_closed_total', 'Connections closed with 4008', () => counters.slowClosed);
    this.#count('refused_total', 'Messages over a limit', () => counters.refused);
    this.#count('audits_total', 'Views compared with their frames', () => audit.audits);
    this.#count(
      'audit_mismatches_total',
      'Views that differed; must stay 0',
      () => audit.mismatches,
    );
  }

  #markets({ engine, gateway }: MetricsSources): void {
    const each =
      (valueOf: (market: SymbolMarket) => number) => (): readonly (readonly [string, number])[] =>
        engine.markets().map((market) => [market.symbol, valueOf(market)]);
    this.#countOf(
      'book_updates_total',
      'Book changes',
      'symbol',
      each((of) => of.deltaCount),
    );
    this.#countOf(
      'trades_total',
      'Trades',
      'symbol',
      each((of) => of.tradeCount),
    );
    this.#countOf(
      'crossed_total',
      'Times that the book became crossed',
      'symbol',
      each((of) => of.crossedCount),
    );
    this.#countOf(
      'resyncs_total',
      'Resyncs that clients asked for',
      'symbol',
      each((of) => gateway.resyncsOf(of.symbol)),
    );
    this.#gaugeOf(
      'market_ok',
      '1 while the book is ok',
      'symbol',
      each((of) => (of.state === 'ok' ? 1 : 0)),
    );
    this.#gauge(
      'stale_markets',
      'Markets whose book is stale',
      () => engine.markets().filter(({ state }) => state === 'stale').length,
    );
    this.#gaugeOf(
      'last_event_timestamp_seconds',
      'Market time of the newest event',
      'symbol',
      each((of) => of.lastEventTime / 1_000),
    );
  }

  #process({ recorder, loop, build, source }: MetricsSources): void {
    this.#gauge('recorder_queue_batches', 'Batches not committed yet', () => recorder().queue);
    this.#count('recorder_dropped_total', 'Items not recorded', () => recorder().dropped);
    this.#gauge('recorder_ok', '1 while recording works, or is off by wish', () =>
      ['ok', 'off'].includes(recorder().state) ? 1 : 0,
    );
    this.#gaugeOf('event_loop_delay_seconds', 'Delay in the last second', 'quantile', () => {
      const delay = loop();
      if (delay === null) return [];
      return [
        ['0.5', delay.p50 / 1_000],
        ['0.95', delay.p95 / 1_000],
        ['0.99', delay.p99 / 1_000],
      ];
    });
    this.#gauge('memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
    this.#gauge('heap_bytes', 'Used heap', () => process.memoryUsage().heapUsed);
    new Gauge({
      name: 'tapedeck_build_info',
      help: 'Always 1',
      labelNames: ['build', 'source'],
      registers: [this.#registry],
    }).set({ build, source }, 1);
  }

  #gauge(name: string, help: string, valueOf: () => number): void {
    new Gauge({
      name: `tapedeck_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        this.set(valueOf());
      },
    });
  }

  #gaugeOf(
    name: string,
    help: string,
    label: string,
    valuesOf: () => readonly (readonly [label: string, value: number])[],
  ): void {
    new Gauge({
      name: `tapedeck_${name}`,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        for (const [value, number] of valuesOf()) this.set({ [label]: value }, number);
      },
    });
  }

  #count(name: string, help: string, valueOf: () => number): void {
    let seen = 0;
    new Counter({
      name: `tapedeck_${name}`,
      help,
      registers: [this.#registry],
      collect() {
        const value = valueOf();
        this.inc(Math.max(0, value - seen));
        seen = value;
      },
    });
  }

  #countOf(
    name: string,
    help: string,
    label: string,
    valuesOf: () => readonly (readonly [label: string, value: number])[],
  ): void {
    const seen = new Map<string, number>();
    new Counter({
      name: `tapedeck_${name}`,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        for (const [value, number] of valuesOf()) {
          this.inc({ [label]: value }, Math.max(0, number - (seen.get(value) ?? 0)));
          seen.set(value, number);
        }
      },
    });
  }
}
