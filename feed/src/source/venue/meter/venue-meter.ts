/*
 * Figures of one venue's links and subscriptions, for the status. It counts what passes and decides nothing: without
 * it every book would be the same.
 */
import type { EpochMs } from '@tapedeck/market/number/level';
import type { Clock, MonotonicMs } from '@tapedeck/market/time/clock';

import type { LiveFinding, LiveStream, LiveVenue } from '../../../venue/live-venue.ts';
import type { VenueLinkEvent, VenueLinkState } from '../machine/link-machine.ts';
import { ClockGauge } from './clock-gauge.ts';
import { LinkTimeline, type TimelineEvent } from './link-timeline.ts';

/** Rates are those of the last second. */
const SAMPLE_MS = 1_000;
/** One frame in this many is timed. */
const TIMED = 8;
/** Timed frames in the mean. */
const MEMORY = 32;

class Flow {
  messages = 0;
  bytes = 0;
  messagesPerSecond = 0;
  bytesPerSecond = 0;
  #messagesBefore = 0;
  #bytesBefore = 0;

  sample(seconds: number): void {
    this.messagesPerSecond = Math.round((this.messages - this.#messagesBefore) / seconds);
    this.bytesPerSecond = Math.round((this.bytes - this.#bytesBefore) / seconds);
    this.#messagesBefore = this.messages;
    this.#bytesBefore = this.bytes;
  }
}

type Wait = { since: MonotonicMs; firstMs: number | undefined };

export type FlowRates = { readonly messagesPerSecond: number; readonly bytesPerSecond: number };

export type MeterReport = FlowRates & {
  readonly messages: number;
  readonly bytes: number;
  /** Microseconds that one message takes from text to events; undefined before the first. */
  readonly parseMicros: number | undefined;
  readonly clockOffsetMs: number | undefined;
  readonly missingTrades: number;
  readonly audits: { readonly done: number; readonly failed: number };
  readonly dials: { readonly failed: number; readonly lost: number };
  readonly timeline: readonly TimelineEvent[];
};

const NO_FLOW: FlowRates = { messagesPerSecond: 0, bytesPerSecond: 0 };

export class VenueMeter {
  readonly #venue: LiveVenue;
  readonly #clock: Clock;
  readonly #all = new Flow();
  readonly #flows = new Map<number, Flow>();
  readonly #offset = new ClockGauge();
  readonly #timeline = new LinkTimeline();
  readonly #waits = new Map<string, Wait>();
  #sampledAt: MonotonicMs;
  #timed = 0;
  #parseMs = 0;
  #missingTrades = 0;
  #audits = 0;
  #auditsFailed = 0;
  #failed = 0;
  #lost = 0;

  constructor(venue: LiveVenue, clock: Clock) {
    this.#venue = venue;
    this.#clock = clock;
    this.#sampledAt = clock.monotonic();
  }

  /** Counts one message of a link, and times how it is read. */
  read(link: number, text: string, frame: () => readonly LiveFinding[]): readonly LiveFinding[] {
    const bytes = Buffer.byteLength(text);
    this.#all.messages++;
    this.#all.bytes += bytes;
    const flow = this.#flowOf(link);
    flow.messages++;
    flow.bytes += bytes;
    if (this.#all.messages % TIMED !== 1) return frame();
    const from = this.#clock.monotonic();
    const findings = frame();
    const ms = this.#clock.monotonic() - from;
    this.#timed = Math.min(MEMORY, this.#timed + 1);
    this.#parseMs += (ms - this.#parseMs) / this.#timed;
    return findings;
  }

  /** The venue's own time of a change of a book. */
  stamped(eventTime: EpochMs): void {
    if (this.#venue.capability.clock === 'venue')
      this.#offset.came(eventTime, this.#clock.now(), this.#clock.monotonic());
  }

  /** Subscribed, or about to be: the first data is awaited from now on. */
  awaits(streams: readonly LiveStream[]): void {
    const since = this.#clock.monotonic();
    for (const stream of streams) this.#waits.set(keyOf(stream), { since, firstMs: undefined });
  }

  /** The streams have no socket, or are not wanted any more. */
  forget(streams: readonly LiveStream[]): void {
    for (const stream of streams) this.#waits.delete(keyOf(stream));
  }

  data(stream: Pick<LiveStream, 'kind' | 'market'>): void {
    const wait = this.#waits.get(keyOf(stream));
    if (wait !== undefined) wait.firstMs ??= this.#clock.monotonic() - wait.since;
  }

  /** How long the first data of a subscription took, or has been awaited; undefined without a socket. */
  waitOf(
    stream: Pick<LiveStream, 'kind' | 'market'>,
  ): { readonly isOver: boolean; readonly ms: number } | undefined {
    const wait = this.#waits.get(keyOf(stream));
    if (wait === undefined) return undefined;
    const ms = Math.round(wait.firstMs ?? this.#clock.monotonic() - wait.since);
    return { isOver: wait.firstMs !== undefined, ms };
  }

  lostTrades(count: number): void {
    this.#missingTrades += count;
  }

  /** A book was compared with what its venue says about it. */
  audited(isRight: boolean): void {
    this.#audits++;
    if (!isRight) this.#auditsFailed++;
  }

  step(link: number, from: VenueLinkState, event: VenueLinkEvent, why: string): void {
    if (event === 'failed' || event === 'banned') this.#failed++;
    if (event === 'lost') this.#lost++;
    if (event === 'unwanted') this.#flows.delete(link);
    this.#timeline.step(this.#clock.now(), link, from, event, why);
  }

  resubscribed(link: number, why: string): void {
    this.#timeline.add({ time: this.#clock.now(), link, what: 'resubscribed', why });
  }

  /** To be called a few times a second. */
  tick(): void {
    const now = this.#clock.monotonic();
    const ms = now - this.#sampledAt;
    if (ms < SAMPLE_MS) return;
    this.#sampledAt = now;
    for (const flow of [this.#all, ...this.#flows.values()]) flow.sample(ms / 1_000);
  }

  ratesOf(link: number): FlowRates {
    const { messagesPerSecond, bytesPerSecond } = this.#flows.get(link) ?? NO_FLOW;
    return { messagesPerSecond, bytesPerSecond };
  }

  report(): MeterReport {
    const { messages, bytes, messagesPerSecond, bytesPerSecond } = this.#all;
    return {
      ...{ messages, bytes, messagesPerSecond, bytesPerSecond },
      parseMicros: this.#timed === 0 ? undefined : this.#parseMs * 1_000,
      clockOffsetMs: this.#offset.offsetMs(this.#clock.monotonic()),
      missingTrades: this.#missingTrades,
      audits: { done: this.#audits, failed: this.#auditsFailed },
      dials: { failed: this.#failed, lost: this.#lost },
      timeline: this.#timeline.events,
    };
  }

  #flowOf(link: number): Flow {
    let flow = this.#flows.get(link);
    if (flow === undefined) {
      flow = new Flow();
      this.#flows.set(link, flow);
    }
    return flow;
  }
}

function keyOf({ kind, market }: Pick<LiveStream, 'kind' | 'market'>): string {
  return `${kind} ${market}`;
}
