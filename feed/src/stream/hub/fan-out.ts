/*
 * From channels to connections. What a channel publishes waits in it until the turn ends; then each group of
 * connections that follow exactly the same channels, in the same form, gets one parcel with one finished frame:
 *
 *   channel --publish--> waiting --drain--> batch --+
 *   channel --publish--> waiting --drain--> batch --+--> cohort: one parcel --> each of its connections: one write
 *
 * So a turn costs a connection one write, however much its channels published, and a cohort one copy of the bytes.
 * Before a connection joins a channel the hub writes what waits in it, so that nothing older follows the first full
 * value (P7); one that leaves is out of its cohort before the next write, so that nothing of a channel follows its
 * `unsubscribed`.
 */
import type { Moment } from '@tapedeck/market/time/clock';

import type { StreamChannel } from '../channel/stream-channel.ts';
import type { Subscriber } from '../channel/subscriber.ts';
import { Batch, Parcel } from '../frame/parcel.ts';
import type { WireForm } from '../frame/wire-form.ts';

/** Connections that follow exactly the same channels in the same form. */
class Cohort {
  readonly form: WireForm;
  readonly channels: readonly StreamChannel[];
  readonly members = new Set<Subscriber>();
  /** The turn that `batches` belongs to. */
  turn = 0;
  batches: Batch[] = [];

  constructor(form: WireForm, channels: readonly StreamChannel[]) {
    this.form = form;
    this.channels = channels;
  }
}

type Membership = { readonly channels: Set<StreamChannel>; cohort: Cohort | undefined };

export class FanOut {
  readonly #now: () => Moment;
  readonly #members = new Map<Subscriber, Membership>();
  readonly #cohorts = new Map<string, Cohort>();
  readonly #byChannel = new Map<StreamChannel, Set<Cohort>>();
  /** Subscribers whose channels changed: they are assigned to a cohort before the next turn is written. */
  readonly #moved = new Set<Subscriber>();
  #touched: StreamChannel[] = [];
  #turn = 0;

  constructor(now: () => Moment) {
    this.#now = now;
  }

  /** Groups of connections with the same channels. */
  get cohortCount(): number {
    return this.#cohorts.size;
  }

  /** Messages wait in this channel; called once per batch. */
  touch(channel: StreamChannel): void {
    this.#touched.push(channel);
  }

  /** Called when nothing waits in this channel. */
  add(channel: StreamChannel, subscriber: Subscriber): void {
    let membership = this.#members.get(subscriber);
    if (membership === undefined) {
      membership = { channels: new Set(), cohort: undefined };
      this.#members.set(subscriber, membership);
    }
    membership.channels.add(channel);
    channel.subscribers.add(subscriber);
    this.#moved.add(subscriber);
  }

  /** What waits is only for those who stay. */
  remove(channel: StreamChannel, subscriber: Subscriber): void {
    this.#members.get(subscriber)?.channels.delete(channel);
    channel.subscribers.delete(subscriber);
    this.#moved.add(subscriber);
  }

  /** Writes everything that waits. */
  drain(): void {
    if (this.#touched.length === 0) return;
    this.#settle();
    const turn = ++this.#turn;
    const cohorts: Cohort[] = [];
    for (const channel of this.#touched.splice(0)) {
      const batch = new Batch(channel.takeWaiting());
      for (const cohort of this.#byChannel.get(channel) ?? []) {
        if (cohort.turn !== turn) {
          cohort.turn = turn;
          cohort.batches = [];
          cohorts.push(cohort);
        }
        cohort.batches.push(batch);
      }
    }
    const now = this.#now();
    for (const { form, batches, members } of cohorts) {
      const parcel = new Parcel(form, batches);
      for (const member of members) member.take(parcel, now);
    }
  }

  /** Moves each changed subscriber to the cohort of its current channels. */
  #settle(): void {
    for (const subscriber of this.#moved) {
      const membership = this.#members.get(subscriber);
      if (membership === undefined) continue;
      if (membership.cohort !== undefined) this.#leave(membership.cohort, subscriber);
      if (membership.channels.size === 0) this.#members.delete(subscriber);
      else membership.cohort = this.#enter(subscriber, membership.channels);
    }
    this.#moved.clear();
  }

  #leave(cohort: Cohort, subscriber: Subscriber): void {
    cohort.members.delete(subscriber);
    if (cohort.members.size > 0) return;
    for (const channel of cohort.channels) {
      const cohorts = this.#byChannel.get(channel);
      cohorts?.delete(cohort);
      if (cohorts?.size === 0) this.#byChannel.delete(channel);
    }
    this.#cohorts.delete(keyOf(cohort.form, cohort.channels));
  }

  #enter(subscriber: Subscriber, followed: ReadonlySet<StreamChannel>): Cohort {
    const { form } = subscriber;
    const channels = [...followed].toSorted((a, b) => a.id - b.id);
    const key = keyOf(form, channels);
    let cohort = this.#cohorts.get(key);
    if (cohort === undefined) {
      cohort = new Cohort(form, channels);
      this.#cohorts.set(key, cohort);
      for (const channel of channels) {
        const cohorts = this.#byChannel.get(channel) ?? new Set();
        this.#byChannel.set(channel, cohorts.add(cohort));
      }
    }
    cohort.members.add(subscriber);
    return cohort;
  }
}

function keyOf({ subprotocol }: WireForm, channels: readonly StreamChannel[]): string {
  return `${subprotocol} ${channels.map(({ id }) => id).join(' ')}`;
}
