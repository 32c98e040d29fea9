/*
 * `GET /v1/events` (P19): one awaited writer per connection. What a slow reader does not take waits in a bounded
 * queue; when that is full, or a write hangs, the stream ends, and the client resumes with `Last-Event-ID`.
 */
import type { Context } from 'hono';

import type { Random } from '@tapedeck/market/number/random';
import type { Clock } from '@tapedeck/market/time/clock';
import type { EventTopic, LoggedEvent, SyncBody } from '@tapedeck/market/wire/event';

import type { SsePipe } from '../sse/sse-pipe.ts';
import { sseResponse } from '../sse/sse-response.ts';
import type { EventLog } from './event-log.ts';

const MAX_QUEUED = 256;
const KEEP_ALIVE = { afterMs: 15_000, bytes: Buffer.from(': still here\n\n') };

export type EventFilter = {
  readonly topics: readonly EventTopic[];
  /** Empty: all symbols. */
  readonly symbols: readonly string[];
};

/** The open streams, for the status page. */
export class EventStreams {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #hasChaos: () => boolean;
  readonly #closers = new Set<() => void>();

  /** `hasChaos` while faults are being injected: every stream begins with it. */
  constructor(clock: Clock, random: Random, hasChaos: () => boolean = () => false) {
    this.#clock = clock;
    this.#random = random;
    this.#hasChaos = hasChaos;
  }

  get count(): number {
    return this.#closers.size;
  }

  /** Ends all streams. */
  close(): void {
    for (const close of [...this.#closers]) close();
  }

  open(
    context: Context,
    log: EventLog,
    filter: EventFilter,
    lastEventId: string | undefined,
    onEnd: () => void = () => {},
  ): Response {
    const options = { clock: this.#clock, random: this.#random, keepAlive: KEEP_ALIVE };
    return sseResponse(context, options, async (pipe, retryMs) => {
      try {
        await this.#serve(pipe, retryMs, log, filter, lastEventId);
      } finally {
        onEnd();
      }
    });
  }

  async #serve(
    pipe: SsePipe,
    retryMs: number,
    log: EventLog,
    filter: EventFilter,
    lastEventId: string | undefined,
  ): Promise<void> {
    const resumed = lastEventId === undefined ? undefined : log.after(lastEventId, filter.topics);
    const from =
      resumed === undefined || resumed.resume === 'none' ? log.position : (lastEventId ?? '');
    const missed = (resumed?.events ?? []).filter((event) => matches(event, filter));
    const end = (): void => {
      pipe.clear();
      pipe.finish();
    };
    pipe.send(this.#syncFrame(from, resumed?.resume ?? 'none', resumed?.lost ?? 0, retryMs));
    for (const event of missed) pipe.send(frameOf(event));
    const unlisten = log.listen({
      event: (event) => {
        if (!matches(event, filter)) return;
        if (pipe.queued >= MAX_QUEUED + missed.length) end();
        else pipe.send(frameOf(event));
      },
      restarted: () => {
        pipe.clear();
        pipe.send(this.#syncFrame(log.position, 'none', 0));
      },
      ended: end,
    });
    this.#closers.add(end);
    try {
      await pipe.run();
    } finally {
      unlisten();
      this.#closers.delete(end);
    }
  }

  /** The first event of a stream, sent again when earlier events no longer apply. */
  #syncFrame(from: string, resume: SyncBody['resume'], lost: number, retryMs?: number): Buffer {
    const chaos = this.#hasChaos() ? { chaos: true as const } : {};
    const sync: SyncBody = { from, resume, lost, now: this.#clock.now(), ...chaos };
    return eventFrame('sync', from, sync, retryMs);
  }
}

/** Events that name no symbol match every filter. */
export function matches(event: LoggedEvent, { topics, symbols }: EventFilter): boolean {
  if (!topics.includes(event.topic)) return false;
  if (symbols.length === 0 || event.topic === 'session') return true;
  const named = event.topic === 'alert' ? [event.body.symbol] : event.body.symbols;
  return named.length === 0 || named.some((symbol) => symbols.includes(symbol));
}

function frameOf({ topic, id, body }: LoggedEvent): Buffer {
  return eventFrame(topic, id, body);
}

/** JSON has no newline: its data is one line. */
function eventFrame(event: string, id: string, body: unknown, retryMs?: number): Buffer {
  const retry = retryMs === undefined ? '' : `retry: ${retryMs}\n`;
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify(body)}\nid: ${id}\n${retry}\n`);
}
