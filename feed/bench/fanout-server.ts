/*
 * One server of the fan-out bench in a process of its own: plays the stream to itself on request, and reports the
 * cost. Events that it cannot carry in time are not given to it: a server far behind would only fill its memory.
 */
import { setTimeout } from 'node:timers/promises';

import type { FanoutServer } from './fanout-servers.ts';
import { atTime, readStream } from './fanout-stream.ts';

export type ServerKind = 'ws-each' | 'ws-once' | 'socket.io' | 'uws' | 'tapedeck';
export type ServerOrder = {
  readonly playMs: number;
  /** Finishing its writes is part of the work. */
  readonly drainMs: number;
  /** After that it sends only heartbeats, which carry nothing and are not measured. */
  readonly tellMs: number;
};
export type ServerReport = {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly events: number;
  /** Connections closed, and how long after all were connected the last one closed. */
  readonly gone: { readonly count: number; readonly afterMs: number };
  /** Resident set: before, after, and the largest in between. */
  readonly rss: { readonly before: number; readonly after: number; readonly largest: number };
};

/** The resolution of timers: events arrive singly, and a server that batches them waits by its own choice. */
const TICK_MS = 1;
/** How often the backlog and the rest to drain are checked. */
const POLL_MS = 100;
/** After this much work in one go sockets get their turn. */
const MAX_TURN_MS = 50;
const WATCH_MS = 100;
const MAX_BACKLOG_BYTES = 64 * 1_024 * 1_024;
/** A server that is behind has this long to deliver what it was given. */
const MAX_DRAIN_MS = 10_000;

const [kind, streamFile] = process.argv.slice(2) as [ServerKind, string];
const stream = readStream(streamFile);
const server = await open();
let next = 0;
/** The most that were connected, since when, and when the last of the closed ones was still connected. */
let [most, gone, fullAt, goneAt] = [0, 0, 0, 0];

setInterval(() => {
  const count = server.connections?.() ?? 0;
  if (count > most) [most, fullAt] = [count, Date.now()];
  if (count < most - gone) [gone, goneAt] = [most - count, Date.now()];
}, WATCH_MS);

async function open(): Promise<FanoutServer> {
  if (kind === 'uws') return (await import('./fanout-rivals.ts')).uwsServer();
  if (kind === 'socket.io') return (await import('./fanout-rivals.ts')).socketIoServer();
  const { feedServer, plainServer } = await import('./fanout-servers.ts');
  if (kind === 'tapedeck') return feedServer(stream);
  return plainServer(kind === 'ws-once' ? 'once' : 'per client');
}

async function play({ playMs, drainMs, tellMs }: ServerOrder): Promise<ServerReport> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let largest = before;
  const first = next;
  const offset = stream.events[next]?.at ?? 0;
  const cpu = process.cpuUsage();
  const wall = performance.now();
  const start = Date.now();
  let lookedAt = start;
  while (Date.now() - start < playMs) {
    const dueAt = offset + Date.now() - start;
    const turn = performance.now();
    for (let each = stream.events[next]; each !== undefined && each.at <= dueAt;) {
      server.take(atTime(each.event, start + each.at - offset));
      each = stream.events[++next];
      if (performance.now() - turn > MAX_TURN_MS) break;
    }
    await setTimeout(TICK_MS);
    if (Date.now() - lookedAt < POLL_MS) continue;
    lookedAt = Date.now();
    largest = Math.max(largest, process.memoryUsage.rss());
    while (server.bufferedBytes() > MAX_BACKLOG_BYTES && Date.now() - start < playMs)
      await setTimeout(POLL_MS);
  }
  const drainedBy = Date.now() + MAX_DRAIN_MS;
  await setTimeout(drainMs);
  while (server.bufferedBytes() > 0 && Date.now() < drainedBy) await setTimeout(POLL_MS);
  const { user, system } = process.cpuUsage(cpu);
  const wallSeconds = (performance.now() - wall) / 1_000;
  await setTimeout(tellMs);
  globalThis.gc?.();
  return {
    cpuSeconds: (user + system) / 1e6,
    wallSeconds,
    events: next - first,
    gone: { count: gone, afterMs: goneAt - fullAt },
    rss: { before, after: process.memoryUsage.rss(), largest },
  };
}

process.on('message', (order: ServerOrder) => {
  void play(order).then((report) => process.send?.(report));
});
process.send?.(server.port);
process.on('disconnect', () => process.exit());
