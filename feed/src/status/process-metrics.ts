import type { StatusReport } from '@tapedeck/market/wire/http';

import type { MetricShelf } from './metric-shelf.ts';
import type { Percentiles } from './percentiles.ts';
import { heapBytes, residentBytes } from './process-memory.ts';

/** The process itself, its recorder and its replays. */
export type ProcessSources = {
  readonly recorder: () => StatusReport['recorder'];
  readonly history: () => StatusReport['history'];
  readonly loop: () => Percentiles | null;
  readonly replays: () => {
    readonly rooms: number;
    readonly playing: number;
    readonly driftMs: number;
  };
  /** If fault injection is allowed. */
  readonly chaos?:
    | (() => { readonly active: boolean; readonly injected: Readonly<Record<string, number>> })
    | undefined;
  readonly build: string;
  readonly source: string;
};

export function processMetrics(shelf: MetricShelf, sources: ProcessSources): void {
  const { recorder, history, loop, replays, chaos, build, source } = sources;
  shelf.gauge('recorder_queue_batches', 'Batches not committed yet', () => recorder().queue);
  shelf.count('recorder_dropped_total', 'Items not recorded', () => recorder().dropped);
  shelf.count('recorder_failures_total', 'Commits that failed', () => recorder().failures);
  shelf.gauge('history_ok', '1 while the history file is ok', () =>
    history().state === 'ok' ? 1 : 0,
  );
  shelf.count('history_errors_total', 'Errors of the history file', () => {
    return history().errors;
  });
  shelf.gauge('recorder_ok', '1 while recording works, or is switched off', () =>
    ['ok', 'off'].includes(recorder().state) ? 1 : 0,
  );
  shelf.gauge(
    'recorder_last_write_timestamp_seconds',
    'Last commit, 0 before the first',
    () => (recorder().lastWriteAt ?? 0) / 1_000,
  );
  shelf.gauge('replays', 'Replays that exist', () => replays().rooms);
  shelf.gauge('replays_playing', 'Replays whose clock runs', () => replays().playing);
  shelf.gauge(
    'replay_drift_seconds',
    'Wall time by which the latest replay clock is behind its speed',
    () => replays().driftMs / 1_000,
  );
  shelf.gaugeOf('event_loop_delay_seconds', 'Delay in the last second', 'quantile', () => {
    const delay = loop();
    if (delay === null) return [];
    return [
      ['0.5', delay.p50 / 1_000],
      ['0.95', delay.p95 / 1_000],
      ['0.99', delay.p99 / 1_000],
    ];
  });
  shelf.gauge('chaos_active', '1 while faults are injected on purpose', () =>
    chaos?.().active === true ? 1 : 0,
  );
  shelf.countOf('chaos_faults_total', 'Faults injected on purpose', ['kind'], () =>
    Object.entries(chaos?.().injected ?? {}).map(([kind, count]) => [[kind], count]),
  );
  shelf.gauge('memory_bytes', 'Resident memory', () => residentBytes());
  shelf.gauge('heap_bytes', 'Used heap', () => heapBytes());
  shelf.info('build_info', 'Always 1', { build, source });
}
