/*
 * The feed's events (news, status, alerts, sessions): one stream for all topics, resumed by the id of
 * the last event, with a dead-man timer that the feed's comments (every 15 s) keep from going off (P19).
 *
 *   waiting ──▶ open ──(no byte for 40 s, error, end)──▶ waiting ──(3 failures, polling works)──▶ polling
 *      ▲                                                                                             │
 *      └──────────────────────────────── every 60 s the stream is tried again ───────────────────────┘
 *
 * It reads `fetch` rather than `EventSource`: comments count as life, the token travels in a header, and a stream
 * that a proxy holds back is seen as such.
 */
import { createParser } from 'eventsource-parser';

import { backoffMs } from '@tapedeck/market/link/backoff';
import type { Random } from '@tapedeck/market/number/random';
import { type Clock, later } from '@tapedeck/market/time/clock';
import type { LoggedEvent, SyncBody } from '@tapedeck/market/wire/event';

import { Signal } from '../../signal/signal.ts';
import type { EventStreamView } from '../model/view-model.ts';
import { EVENT_TOPIC_NAMES, parseJson, parseLoggedEvent, parseSync } from './feed-event.ts';

/** Two of the feed's comments and a margin. */
const DEAD_AFTER_MS = 40_000;
/** `sync` is the first event of a stream; a stream that is held back sends nothing. */
const SYNC_WITHIN_MS = 8_000;
const FAILURES_BEFORE_POLLING = 3;
const POLL_MS = 3_000;
const STREAM_AGAIN_MS = 60_000;
const POLL_LIMIT = 200;

/** What the stream needs from its owner. `fetch` throws if the feed cannot be reached or refuses. */
export interface EventStreamPort {
  readonly clock: Clock;
  readonly random: Random;
  /** Never streams, as the connection would be missing elsewhere. */
  readonly isPolled: boolean;
  fetch(path: string, init: RequestInit): Promise<Response>;
  onEvent(event: LoggedEvent): void;
  /** After each connect; without a full resume, everything that events keep current must be fetched again. */
  onSync(sync: SyncBody): void;
}

type EventsSince = {
  readonly sync?: unknown;
  readonly events?: readonly {
    readonly id: string;
    readonly event: string;
    readonly data: unknown;
  }[];
  readonly next?: unknown;
};

/** The stream of the live market or of one replay. */
export class EventStream {
  readonly view = new Signal<EventStreamView>({ state: 'waiting', lost: 0 });
  readonly #port: EventStreamPort;
  /** Aborts the current run and whatever is in flight. */
  #run: AbortController | undefined;
  /** Aborts one connection and the pause after it; the next one then begins at once. */
  #attempt: AbortController | undefined;
  #replayId: string | undefined;
  #lastId: string | undefined;
  #failures = 0;

  constructor(port: EventStreamPort) {
    this.#port = port;
  }

  /** Follows the live log, or that of a replay. If it is followed already, nothing changes. */
  follow(replayId: string | undefined): void {
    if (this.#run !== undefined && this.#replayId === replayId) return;
    this.stop();
    if (this.#replayId !== replayId) this.#lastId = undefined;
    this.#replayId = replayId;
    this.#failures = 0;
    const run = new AbortController();
    this.#run = run;
    void this.#keepUp(run.signal);
  }

  stop(): void {
    this.#run?.abort();
    this.#run = undefined;
    this.#say({ state: 'waiting' });
  }

  /**
   * Reconnects at once, resuming behind the last event. To be called when the page's link was cut and is open again:
   * a stream from before the cut may be dead without having ended, and would pass for alive until its timer fires.
   */
  reconnect(): void {
    this.#attempt?.abort();
  }

  async #keepUp(run: AbortSignal): Promise<void> {
    while (!run.aborted) {
      const attempt = new AbortController();
      this.#attempt = attempt;
      const signal = AbortSignal.any([run, attempt.signal]);
      const wasOpen = !this.#port.isPolled && (await this.#stream(signal));
      if (signal.aborted) continue;
      this.#failures = wasOpen ? 1 : this.#failures + 1;
      if (this.#port.isPolled || this.#failures >= FAILURES_BEFORE_POLLING) {
        if (await this.#pollFor(STREAM_AGAIN_MS, signal)) {
          if (this.#port.isPolled) this.#failures = 0;
          continue;
        }
      } else this.#say({ state: 'waiting' });
      await this.#pause(backoffMs(this.#failures, this.#port.random), signal);
    }
  }

  /** Reads one stream to its end; true if it got as far as `sync`. */
  async #stream(signal: AbortSignal): Promise<boolean> {
    const attempt = new AbortController();
    const stop = (): void => attempt.abort();
    signal.addEventListener('abort', stop);
    let isOpen = false;
    let cancelDeadline = this.#port.clock.after(SYNC_WITHIN_MS, stop);
    const alive = (): void => {
      if (!isOpen) return;
      cancelDeadline();
      cancelDeadline = this.#port.clock.after(DEAD_AFTER_MS, stop);
    };
    try {
      const response = await this.#port.fetch(this.#path('/v1/events', 'last_event_id'), {
        headers: { Accept: 'text/event-stream' },
        signal: attempt.signal,
        cache: 'no-store',
      });
      const parser = createParser({
        onEvent: ({ id, event, data }) => {
          if (event === 'sync') {
            isOpen = true;
            this.#sync(parseSync(parseJson(data)), 'open');
          } else this.#take(id, event ?? '', parseJson(data));
        },
      });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const chunk = await reader?.read();
        if (chunk === undefined || chunk.done) return isOpen;
        parser.feed(chunk.value);
        alive();
      }
    } catch {
      // Refused, cut or silent for too long: the same to the caller.
      return isOpen;
    } finally {
      cancelDeadline();
      attempt.abort();
      signal.removeEventListener('abort', stop);
    }
  }

  /** Polls while that works, for at most `forMs`; false if it stopped working. */
  async #pollFor(forMs: number, signal: AbortSignal): Promise<boolean> {
    const until = later(this.#port.clock.monotonic(), forMs);
    while (!signal.aborted && this.#port.clock.monotonic() < until) {
      try {
        const path = this.#path('/v1/events/since', 'id');
        const body = await this.#poll(`${path}&limit=${POLL_LIMIT}`, signal);
        this.#sync(parseSync(body.sync), 'polling');
        for (const { id, event, data } of body.events ?? []) this.#take(id, event, data);
        if (typeof body.next === 'string') this.#lastId = body.next;
      } catch {
        if (!signal.aborted) this.#say({ state: 'waiting' });
        return false;
      }
      await this.#pause(POLL_MS, signal);
    }
    return true;
  }

  /** A feed that hangs keeps the connection and sends nothing: that is a failure, too. */
  async #poll(path: string, signal: AbortSignal): Promise<EventsSince> {
    const late = new AbortController();
    const cancelDeadline = this.#port.clock.after(SYNC_WITHIN_MS, () => late.abort());
    try {
      const response = await this.#port.fetch(path, {
        signal: AbortSignal.any([signal, late.signal]),
        cache: 'no-store',
      });
      return (await response.json()) as EventsSince;
    } finally {
      cancelDeadline();
    }
  }

  #take(id: string | undefined, topic: string, data: unknown): void {
    const event = parseLoggedEvent(id ?? '', topic, data);
    if (id !== undefined && id !== '') this.#lastId = id;
    if (event === undefined) return;
    // A recording's events about its own time do not concern this page.
    if (event.topic === 'status' && event.body.kind === 'chaos' && this.#replayId === undefined)
      this.#say({ chaos: event.body.severity === 'critical' });
    this.#port.onEvent(event);
  }

  #sync(sync: SyncBody | undefined, state: 'open' | 'polling'): void {
    if (sync === undefined) return;
    const isNews = state === 'open' || this.view.getSnapshot().state !== 'polling' || sync.lost > 0;
    this.#lastId ??= sync.from;
    const { lost } = this.view.getSnapshot();
    const chaos = sync.chaos === true;
    this.#say({ state, resume: sync.resume, lost: lost + sync.lost, chaos });
    if (isNews) this.#port.onSync(sync);
  }

  #say(change: Partial<EventStreamView>): void {
    const before = this.view.getSnapshot();
    const view = { ...before, ...change };
    if (JSON.stringify(view) !== JSON.stringify(before)) this.view.set(view);
  }

  #path(path: string, idName: string): string {
    const query = new URLSearchParams({ topics: EVENT_TOPIC_NAMES.join(',') });
    if (this.#lastId !== undefined) query.set(idName, this.#lastId);
    if (this.#replayId !== undefined) query.set('replay', this.#replayId);
    return `${path}?${query}`;
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#port.clock.after(ms, done);
      function done(): void {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done);
    });
  }
}
