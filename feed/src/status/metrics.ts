import { Gauge, Registry } from 'prom-client';

import type { StatusReport } from '@tapedeck/market/wire/http';

/** The status report as Prometheus text. Names are `tapedeck_*` with their unit. */
export async function metricsText(report: StatusReport): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, value: number): void =>
    new Gauge({ name: `tapedeck_${name}`, help, registers: [registry] }).set(value);
  const perSymbol = (
    name: string,
    help: string,
    valueOf: (symbol: StatusReport['symbols'][number]) => number,
  ): void => {
    const metric = new Gauge({
      name: `tapedeck_${name}`,
      help,
      labelNames: ['symbol'] as const,
      registers: [registry],
    });
    for (const each of report.symbols) metric.set({ symbol: each.symbol }, valueOf(each));
  };
  const percentiles = (name: string, help: string, ms: StatusReport['lagMs']): void => {
    const metric = new Gauge({
      name: `tapedeck_${name}`,
      help,
      labelNames: ['quantile'] as const,
      registers: [registry],
    });
    if (ms === null) return;
    metric.set({ quantile: '0.5' }, ms.p50 / 1_000);
    metric.set({ quantile: '0.95' }, ms.p95 / 1_000);
    metric.set({ quantile: '0.99' }, ms.p99 / 1_000);
  };
  const { connections, recorder } = report;
  gauge('connections', 'Open websocket connections', connections.websocket);
  gauge('event_stream_connections', 'Open server-sent event streams', connections.sse);
  gauge('buffered_bytes', 'Bytes that clients have not taken yet', connections.bufferedBytes);
  gauge('resyncs_total', 'Resyncs that clients asked for', connections.resyncs);
  gauge('recorder_queue', 'Items that wait to be written', recorder.queue);
  gauge('recorder_dropped_total', 'Items that were not written', recorder.dropped);
  gauge('memory_bytes', 'Resident memory', report.memoryBytes);
  perSymbol('gaps_total', 'Gaps and resets of the source', (each) => each.gaps);
  perSymbol('crossed_total', 'Times that the book became crossed', (each) => each.crossed);
  perSymbol('deltas_per_second', 'Book changes in the last second', (each) => each.deltasPerSecond);
  perSymbol('age_seconds', 'Age of the newest event', (each) => (each.ageMs ?? 0) / 1_000);
  perSymbol('market_ok', '1 while the book is ok', (each) => (each.state === 'ok' ? 1 : 0));
  percentiles('lag_seconds', 'Age of what clients acknowledged', report.lagMs);
  percentiles('event_loop_delay_seconds', 'Delay of the event loop', report.eventLoopMs);
  return registry.metrics();
}
