/*
 * `/metrics` for Prometheus. The registry lives as long as the feed: lag is recorded where it happens, counters
 * follow counts that are kept anyway, read at each scrape. Each part of the feed has its file.
 */
import { type Histogram, Registry, type Summary } from 'prom-client';

import { marketMetrics, type MarketSources } from './market-metrics.ts';
import { MetricShelf } from './metric-shelf.ts';
import { newsMetrics, type NewsSources } from './news-metrics.ts';
import { processMetrics, type ProcessSources } from './process-metrics.ts';
import { streamMetrics, type StreamSources } from './stream-metrics.ts';
import { venueMetrics, type VenueSources } from './venue-metrics.ts';

/** What is counted elsewhere. */
export type MetricsSources = MarketSources &
  StreamSources &
  ProcessSources &
  VenueSources &
  NewsSources;

/** Stages of an event: from the venue to us, through the feed, to the client's acknowledgement. */
export type LagStage = 'venue' | 'feed' | 'client';

/** One venue timestamp in this many is sampled. */
const VENUE_SAMPLE = 16;
const LAG_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60];

export class FeedMetrics {
  readonly #registry = new Registry();
  readonly #lag: Histogram<'stage'>;
  readonly #recentLag: Summary<'stage'>;
  readonly #shelf = new MetricShelf(this.#registry);
  #off: (() => void)[] = [];
  #deltas = 0;

  constructor() {
    this.#lag = this.#shelf.histogram(
      'lag_seconds',
      'Age of market data: venue to here, here to the socket, socket to acknowledgement',
      ['stage'],
      LAG_BUCKETS,
    );
    this.#recentLag = this.#shelf.percentiles(
      'recent_lag_seconds',
      'The same, over the last minute',
      ['stage'],
    );
  }

  /** Counts kept elsewhere are read there at every scrape. */
  read(sources: MetricsSources): void {
    streamMetrics(this.#shelf, sources);
    processMetrics(this.#shelf, sources);
    venueMetrics(this.#shelf, sources);
    newsMetrics(this.#shelf, sources);
    this.#off = [
      marketMetrics(this.#shelf, sources),
      sources.engine.listen({
        delta: (_, { eventTime, receiveTime }) => {
          if (++this.#deltas % VENUE_SAMPLE === 0) this.lag('venue', receiveTime - eventTime);
        },
      }),
    ];
  }

  /** A venue's clock may be ahead of ours: that counts as 0. */
  lag(stage: LagStage, ms: number): void {
    const seconds = Math.max(0, ms) / 1_000;
    this.#lag.observe({ stage }, seconds);
    this.#recentLag.observe({ stage }, seconds);
  }

  /** The text of a scrape. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  close(): void {
    for (const off of this.#off) off();
  }
}
