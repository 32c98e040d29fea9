/*
 * What one connection is owed, and how fast it may get it (P22). Everything here is bounded, whatever the client
 * does: what was written is judged by `bufferedAmount` and by acks, and what was not written is at most one owed
 * snapshot and one count of trades per channel.
 *
 *   level 0   everything at once
 *   level 1   book flushes are skipped while it is behind; the latest view goes out once it has drained
 *   level 2   books as snapshots and trades as counts, once a second
 *   level 3   the connection is closed
 */
import type { EpochMs } from '@tapedeck/market/number/level';
import { type Clock, type Moment, momentOf, type MonotonicMs } from '@tapedeck/market/time/clock';
import type { DownMessage } from '@tapedeck/market/wire/down';
import type { TradesMessage } from '@tapedeck/market/wire/tape';

import type { StreamChannel } from '../channel/stream-channel.ts';
import type { Delivery } from '../frame/delivery.ts';
import { type Frame, frameOf } from '../frame/frame.ts';
import { SKIP_BYTES } from '../frame/limits.ts';
import type { Parcel } from '../frame/parcel.ts';
import type { Socket } from '../frame/socket.ts';
import type { WireForm } from '../frame/wire-form.ts';
import { AckLag } from './ack-lag.ts';
import {
  type Flow,
  flowLevel,
  type FlowLevel,
  type FlowSample,
  levelOf,
  NORMAL_FLOW,
} from './flow-level.ts';
import type { StreamCounters } from './stream-counters.ts';
import { TakeLag } from './take-lag.ts';

export type OutboxOptions = {
  readonly socket: Socket;
  readonly form: WireForm;
  readonly clock: Clock;
  readonly counters: StreamCounters;
  /** A channel that the connection follows. */
  readonly channel: (id: number) => StreamChannel | undefined;
  /** Level 3: the connection must end. */
  readonly onTooSlow: (why: string) => void;
};

/** Trades of one channel that were counted instead of sent. */
type Summary = Pick<TradesMessage, 'previous' | 'sequence' | 'life'>;

/** A pause between two judgements that only a stalled process explains. */
const STALL_MS = 2_500;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #owedSnapshot = new Set<number>();
  readonly #summaries = new Map<number, Summary>();
  readonly #acks = new AckLag();
  readonly #takes = new TakeLag();
  #judgedAt: MonotonicMs;
  #pending: Buffer[] = [];
  #flow: Flow = NORMAL_FLOW;
  /** The level of the last sample alone; the flow's level also has memory. */
  #sampled: FlowLevel = 0;
  #lastSentAt: MonotonicMs;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#lastSentAt = options.clock.monotonic();
    this.#judgedAt = this.#lastSentAt;
  }

  get level(): FlowLevel {
    return this.#flow.level;
  }
  /** When the last frame was written. */
  get lastSentAt(): MonotonicMs {
    return this.#lastSentAt;
  }

  /** Whether the client lacks something of this channel that it will still get: it is behind, but nothing is lost. */
  owes(channel: number): boolean {
    return this.#owedSnapshot.has(channel) || this.#summaries.has(channel);
  }

  #deliver(delivery: Delivery): void {
    const { channel, kind, message } = delivery;
    if (kind === 'book' || kind === 'snapshot') {
      // A delta after a skipped one would not chain.
      if (kind === 'book' && this.#owedSnapshot.has(channel)) return;
      if (this.#sampled > 0 || this.#flow.level >= 2) {
        this.#owedSnapshot.add(channel);
        this.#options.counters.skipped++;
        return;
      }
      this.#owedSnapshot.delete(channel);
    } else if (message.type === 'trades' && kind === 'trades' && this.#flow.level >= 2) {
      this.#count(message);
      return;
    } else if (message.type === 'reset') {
      // The count belongs to the epoch that ended, and is sent before the reset.
      this.#paySummary(channel, momentOf(this.#options.clock));
    }
    this.#queue(message, delivery.encoded(this.#options.form));
  }

  /** Queues a message of the connection's own. */
  send(message: DownMessage): void {
    this.#queue(message, this.#options.form.encode(message));
  }

  /** The channel was left, or its first full value is about to be sent: nothing is owed any more. */
  settle(channel: number): void {
    this.#owedSnapshot.delete(channel);
    this.#summaries.delete(channel);
  }

  /** The client left a channel: what is in transit on it will not be acknowledged. */
  forgive(): void {
    this.#acks.forgive();
  }

  acked(at: EpochMs): void {
    this.#acks.acked(at);
  }

  /** The messages of a turn: a connection that keeps up gets the frame shared by all, the others their part of it. */
  take(parcel: Parcel, now: Moment): void {
    if (!this.#judge(now)) return;
    const keepsUp = this.#sampled === 0 && this.#flow.level < 2;
    if (!keepsUp || this.#owedSnapshot.size > 0 || this.#summaries.size > 0) {
      for (const { deliveries } of parcel.batches)
        for (const each of deliveries) this.#deliver(each);
      if (keepsUp) this.#payOwed(now);
      this.write(now);
      return;
    }
    this.write(now);
    if (parcel.sendTime > 0) this.#acks.sent(parcel.sendTime, now.at);
    this.#send(parcel.frame, parcel.messages, now);
  }

  /** Everything of the connection's own is queued: judge, send what is owed if possible, write. */
  flush(): void {
    // Without work there is nothing to judge; the beat judges idle connections.
    if (this.#pending.length === 0 && this.#owedSnapshot.size === 0) return;
    const now = momentOf(this.#options.clock);
    if (!this.#judge(now)) return;
    if (this.#sampled === 0 && this.#flow.level < 2) this.#payOwed(now);
    this.write(now);
  }

  /** Once a second: what a slow connection gets nevertheless, as long as it takes any bytes at all. */
  beat(now: Moment): void {
    if (!this.#judge(now)) return;
    if (this.#options.socket.bufferedAmount < SKIP_BYTES) this.#payOwed(now);
    this.#paySummaries(now);
  }

  /** Writes what is queued as one frame (P4), without judging. */
  write(now: Moment): void {
    if (this.#pending.length === 0) return;
    const frame = frameOf(this.#options.form, this.#pending);
    const { length } = this.#pending;
    this.#pending = [];
    this.#send(frame, length, now);
  }

  /** Drops everything. */
  clear(): void {
    this.#pending = [];
    this.#owedSnapshot.clear();
    this.#summaries.clear();
  }

  #send(frame: Frame, messages: number, now: Moment): void {
    const { socket, counters } = this.#options;
    counters.frames++;
    counters.messages += messages;
    counters.bytes += frame.payload.length;
    this.#lastSentAt = now.at;
    this.#takes.sent(frame.wire.length);
    socket.send(frame);
  }

  #queue(message: DownMessage, encoded: Buffer): void {
    if ('sendTime' in message) this.#acks.sent(message.sendTime, this.#options.clock.monotonic());
    this.#pending.push(encoded);
  }

  /** False if that ended the connection. */
  #judge(now: Moment): boolean {
    // The beat judges once a second: a longer pause was this process's own (P21), and is no lag of the client.
    if (now.at - this.#judgedAt > STALL_MS) {
      this.#acks.forgive();
      this.#takes.forgive(now.at);
    }
    this.#judgedAt = now.at;
    const { socket, counters, onTooSlow } = this.#options;
    const bufferedBytes = socket.bufferedAmount;
    const takeLagMs = this.#takes.lagMs(bufferedBytes, now.at);
    const ackLagMs = this.#acks.lagMs(now.at);
    const lagMs = Math.round(Math.max(takeLagMs, ackLagMs ?? 0));
    const sample: FlowSample = { bufferedBytes, lagMs };
    this.#sampled = levelOf(sample);
    // The usual case, taken for each connection in each turn.
    if (this.#sampled === 0 && this.#flow === NORMAL_FLOW) return true;
    const before = this.#flow.level;
    this.#flow = flowLevel(this.#flow, sample, now.at);
    const { level } = this.#flow;
    if (level === before) return true;
    if (level === 3) {
      counters.slowClosed++;
      onTooSlow(`${bufferedBytes} bytes not taken, ${lagMs} ms behind`);
      return false;
    }
    if (level === 2) {
      counters.slowed++;
      const isKnown = ackLagMs !== undefined || takeLagMs > 0;
      this.send({ type: 'tier', to: '1s', reason: 'slow', ...(isKnown ? { lagMs } : {}) });
    } else if (before === 2) {
      // The chain of trades continues where the count ends.
      this.#paySummaries(now);
      this.send({ type: 'tier', to: 'requested', reason: 'requested' });
    }
    return true;
  }

  #count({ channel, previous, sequence, life }: TradesMessage): void {
    const before = this.#summaries.get(channel);
    const named = life === undefined ? {} : { life };
    this.#summaries.set(channel, { previous: before?.previous ?? previous, sequence, ...named });
    this.#options.counters.summarised += sequence - previous;
  }

  #paySummaries(now: Moment): void {
    for (const channel of this.#summaries.keys()) this.#paySummary(channel, now);
  }

  #paySummary(channel: number, now: Moment): void {
    const summary = this.#summaries.get(channel);
    if (summary === undefined) return;
    this.#summaries.delete(channel);
    const { previous, sequence, life } = summary;
    this.send({
      type: 'trades',
      channel,
      previous,
      sequence,
      sendTime: now.wall,
      trades: [],
      lost: sequence - previous,
      ...(life === undefined ? {} : { life }),
    });
  }

  #payOwed(now: Moment): void {
    for (const id of this.#owedSnapshot) {
      const channel = this.#options.channel(id);
      this.#owedSnapshot.delete(id);
      // A channel that is not ready publishes its snapshot itself later.
      if (channel?.ready !== true) continue;
      for (const message of channel.welcome(now, undefined)) this.send(message);
    }
  }
}
