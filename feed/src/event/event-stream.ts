/*
 * `GET /v1/events` (P19): one awaited writer per connection. What a slow reader does not take waits in a bounded
 * queue; when that is full, or a write hangs, the stream ends, and the client resumes with `Last-Event-ID`.
 */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';

import type { Random } from '@tapedeck/market/number/random';
import type { Clock } from '@tapedeck/market/time/clock';
import type { EventTopic, LoggedEvent, SyncBody } from '@tapedeck/market/wire/event';

import type { EventLog } from './event-log.ts';
import { unbuffered } from './stream-headers.ts';

const MAX_QUEUED = 256;
const COMMENT_MS = 15_000;
const WRITE_TIMEOUT_MS = 10_000;
/** `retry:` is random per client, so that not all reconnect at once after a restart. */
const RETRY_MS = { low: 2_500, high: 4_500 };

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
    const retry = this.#random.integer(RETRY_MS.low, RETRY_MS.high);
    const response = streamSSE(context, async (stream) => {
      try {
        await this.#serve(context, stream, log, filter, lastEventId, retry);
      } finally {
        onEnd();
      }
    });
    return unbuffered(context, response);
  }

  async #serve(
    context: Context,
    stream: SSEStreamingApi,
    log: EventLog,
    filter: EventFilter,
    lastEventId: string | undefined,
    retry: number,
  ): Promise<void> {
    const queue: LoggedEvent[] = [];
    let ended = false;
    let wake: (() => void) | undefined;
    const end = (): void => {
      ended = true;
      wake?.();
    };
    const resumed = lastEventId === undefined ? undefined : log.after(lastEventId, filter.topics);
    const from =
      resumed === undefined || resumed.resume === 'none' ? log.position : (lastEventId ?? '');
    let isSought = false;
    const unlisten = log.listen({
      event: (event) => {
        if (!matches(event, filter)) return;
        if (queue.length >= MAX_QUEUED) end();
        else queue.push(event);
        wake?.();
      },
      restarted: () => {
        queue.length = 0;
        isSought = true;
        wake?.();
      },
      ended: end,
    });
    this.#closers.add(end);
    stream.onAbort(end);
    context.req.raw.signal.addEventListener('abort', end, { once: true });
    const write = async (writing: Promise<unknown>): Promise<void> => {
      const cancel = this.#clock.after(WRITE_TIMEOUT_MS, () => {
        end();
        stream.abort();
        // Data buffered in this response would wait for a reader that does not read.
        (context.env as Partial<HttpBindings> | undefined)?.outgoing?.destroy();
      });
      await writing;
      cancel();
    };
    try {
      const sync = this.#sync(from, resumed?.resume ?? 'none', resumed?.lost ?? 0);
      await write(stream.writeSSE({ event: 'sync', data: JSON.stringify(sync), id: from, retry }));
      for (const event of resumed?.events ?? []) {
        if (!ended && matches(event, filter)) await write(stream.writeSSE(frameOf(event)));
      }
      while (!ended) {
        if (isSought) {
          isSought = false;
          const again = this.#sync(log.position, 'none', 0);
          await write(
            stream.writeSSE({ event: 'sync', data: JSON.stringify(again), id: again.from }),
          );
        }
        const event = queue.shift();
        if (event !== undefined) {
          await write(stream.writeSSE(frameOf(event)));
          continue;
        }
        const woken = await this.#wait((resolve) => {
          wake = resolve;
        });
        wake = undefined;
        if (!woken && !ended) await write(stream.write(': still here\n\n'));
      }
    } finally {
      unlisten();
      this.#closers.delete(end);
    }
  }

  /** The first event of a stream, sent again when earlier events no longer apply. */
  #sync(from: string, resume: SyncBody['resume'], lost: number): SyncBody {
    const chaos = this.#hasChaos() ? { chaos: true as const } : {};
    return { from, resume, lost, now: this.#clock.now(), ...chaos };
  }

  /** True when woken, false when a comment is due. */
  #wait(give: (resolve: () => void) => void): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(COMMENT_MS, () => resolve(false));
      give(() => {
        cancel();
        resolve(true);
      });
    });
  }
}

/** Events that name no symbol match every filter. */
export function matches(event: LoggedEvent, { topics, symbols }: EventFilter): boolean {
  if (!topics.includes(event.topic)) return false;
  if (symbols.length === 0 || event.topic === 'session') return true;
  const named = event.topic === 'alert' ? [event.body.symbol] : event.body.symbols;
  return named.length === 0 || named.some((symbol) => symbols.includes(symbol));
}

function frameOf(event: LoggedEvent): { id: string; event: string; data: string } {
  return { id: event.id, event: event.topic, data: JSON.stringify(event.body) };
}
