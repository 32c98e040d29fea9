import { Counter, Gauge, Histogram, type Registry, Summary } from 'prom-client';

/** A label's value and its number. */
export type Labelled = readonly (readonly [value: string, number: number])[];

const NAME = (name: string): string => `tapedeck_${name}`;

/**
 * Metrics over counts that are kept anyway: they are read at each scrape, so that keeping them costs nothing. Names
 * are `tapedeck_*` with their unit; only counters end in `_total`.
 */
export class MetricShelf {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  gauge(name: string, help: string, valueOf: () => number): void {
    new Gauge({
      name: NAME(name),
      help,
      registers: [this.#registry],
      collect() {
        this.set(valueOf());
      },
    });
  }

  gaugeOf(name: string, help: string, label: string, valuesOf: () => Labelled): void {
    new Gauge({
      name: NAME(name),
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        // What no longer exists has no value.
        this.reset();
        for (const [value, number] of valuesOf()) this.set({ [label]: value }, number);
      },
    });
  }

  /** Always 1: the information is in its labels. */
  info(name: string, help: string, labels: Readonly<Record<string, string>>): void {
    new Gauge({
      name: NAME(name),
      help,
      labelNames: Object.keys(labels),
      registers: [this.#registry],
    }).set(labels, 1);
  }

  /** `valueOf` never decreases. */
  count(name: string, help: string, valueOf: () => number): void {
    this.countOf(name, help, [], () => [[[], valueOf()]]);
  }

  /** A count for each list of label values. */
  countOf(
    name: string,
    help: string,
    labelNames: readonly string[],
    valuesOf: () => Iterable<readonly [values: readonly string[], number: number]>,
  ): void {
    const seen = new Map<string, number>();
    new Counter({
      name: NAME(name),
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect() {
        for (const [values, number] of valuesOf()) {
          const key = values.join('\n');
          const labels = Object.fromEntries(labelNames.map((label, i) => [label, values[i] ?? '']));
          this.inc(labels, Math.max(0, number - (seen.get(key) ?? 0)));
          seen.set(key, number);
        }
      },
    });
  }

  /** A count that is incremented where it happens. */
  counter<T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> {
    const registers = [this.#registry];
    return new Counter({ name: NAME(name), help, labelNames: [...labelNames], registers });
  }

  histogram<T extends string>(
    name: string,
    help: string,
    labelNames: readonly T[],
    buckets: readonly number[],
  ): Histogram<T> {
    return new Histogram({
      name: NAME(name),
      help,
      labelNames: [...labelNames],
      buckets: [...buckets],
      registers: [this.#registry],
    });
  }

  /** Median, 95th and 99th percentile of the last minute. */
  percentiles<T extends string>(name: string, help: string, labelNames: readonly T[]): Summary<T> {
    return new Summary({
      name: NAME(name),
      help,
      labelNames: [...labelNames],
      percentiles: [0.5, 0.95, 0.99],
      maxAgeSeconds: 60,
      ageBuckets: 6,
      registers: [this.#registry],
    });
  }
}
