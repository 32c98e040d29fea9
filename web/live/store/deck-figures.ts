import type { WorkerFigures } from '../model/deck-port.ts';
import type { LinkFigures } from '../model/view-model.ts';

/** Before the worker's first word. */
export const NO_FIGURES: LinkFigures = {
  transport: 'none',
  via: 'direct',
  degraded: undefined,
  rttMs: undefined,
  latencyMs: undefined,
  paintMs: undefined,
  messagesPerSecond: 0,
  bytesPerSecond: 0,
  gaps: 0,
  checksumFailures: 0,
  resyncs: 0,
  reconnects: 0,
  clockOffsetMs: undefined,
  build: undefined,
  tier: undefined,
};

/** The worker's figures with what only the page knows, and a reason where the link works but not as wished. */
export function figuresOf(figures: WorkerFigures, paintMs: number | undefined): LinkFigures {
  return { ...figures, paintMs, degraded: degradedReason(figures) };
}

function degradedReason({ transport, via, tier }: WorkerFigures): string | undefined {
  if (transport === 'none') return undefined;
  if (transport === 'sse') return 'no WebSocket: SSE';
  if (transport === 'polling') return 'no WebSocket, no SSE: polling every 2 s';
  if (via === 'same-origin') return "through this page's own address: the feed's cannot be reached";
  if (tier !== undefined) return `the feed slowed this connection to ${tier}`;
  return undefined;
}
