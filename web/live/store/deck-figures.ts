import type { WorkerFigures } from '../model/deck-port.ts';
import type { LinkFigures } from '../model/view-model.ts';

/** Before the worker's first message. */
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
  sharedBy: undefined,
};

/** The worker's figures with those of the page, and the reason if the link works only by a fallback. */
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
