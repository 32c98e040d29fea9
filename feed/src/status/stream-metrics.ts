import type { RefusalTally } from '../access/refusal-tally.ts';
import type { StreamCounters } from '../stream/connection/stream-counters.ts';
import type { MetricShelf } from './metric-shelf.ts';

/** The connections and what is sent to them. */
export type StreamSources = {
  readonly gateway: {
    readonly counters: StreamCounters;
    readonly connections: ReadonlySet<{ readonly level: number }>;
    readonly webSocketCount: number;
    readonly bufferedBytes: number;
  };
  readonly audit: { readonly audits: number; readonly mismatches: number };
  /** Open streams of `/v1/events`. */
  readonly eventStreams: () => number;
  readonly channels: () => number;
  readonly refusals: RefusalTally;
};

const LEVELS = ['0', '1', '2', '3'] as const;

export function streamMetrics(shelf: MetricShelf, sources: StreamSources): void {
  const { gateway, audit, eventStreams, channels, refusals } = sources;
  const { counters } = gateway;
  shelf.gauge('connections', 'Open connections of every transport', () => gateway.connections.size);
  shelf.gaugeOf('connections_by_transport', 'Open connections by transport', 'transport', () => [
    ['websocket', gateway.webSocketCount],
    ['sse', gateway.connections.size - gateway.webSocketCount],
  ]);
  shelf.gaugeOf('connections_by_level', 'Connections by flow level', 'level', () => {
    const counts = [0, 0, 0, 0];
    for (const { level } of gateway.connections) counts[level] = (counts[level] ?? 0) + 1;
    return LEVELS.map((level, index) => [level, counts[index] ?? 0]);
  });
  shelf.gauge('event_stream_connections', 'Open server-sent event streams', eventStreams);
  shelf.gauge('buffered_bytes', 'Bytes not yet taken by clients', () => gateway.bufferedBytes);
  shelf.gauge('channels', 'Channels kept for subscribers', channels);
  shelf.count('deliveries_total', 'Messages written to clients', () => counters.messages);
  shelf.count('frames_total', 'Frames written to clients', () => counters.frames);
  shelf.count('sent_bytes_total', 'Bytes written to clients', () => counters.bytes);
  shelf.count('books_skipped_total', 'Book flushes a slow client skipped', () => counters.skipped);
  shelf.count('trades_counted_total', 'Trades counted, not sent', () => counters.summarised);
  shelf.count('slowed_total', 'Moves of a connection to the 1s tier', () => counters.slowed);
  shelf.count('slow_closed_total', 'Connections closed with 4008', () => counters.slowClosed);
  shelf.count('refused_total', 'Messages over a limit', () => counters.refused);
  shelf.countOf('refusals_total', 'Connections and requests refused', ['reason'], () =>
    refusals.entries(),
  );
  shelf.count('audits_total', 'Views compared with their frames', () => audit.audits);
  shelf.count('audit_mismatches_total', 'Views that differed; must stay 0', () => audit.mismatches);
}
