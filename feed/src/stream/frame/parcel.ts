import type { EpochMs } from '@tapedeck/market/number/level';

import type { Delivery } from './delivery.ts';
import { type Frame, frameOf } from './frame.ts';
import type { WireForm } from './wire-form.ts';

/** What one channel published since it was last written, in order: joined at most once per form. */
export class Batch {
  readonly deliveries: readonly Delivery[];
  /** Newest `sendTime` of these messages, which a client will acknowledge (P22); 0 if none has one. */
  readonly sendTime: EpochMs;
  readonly #joined = new Map<WireForm, Frame>();

  constructor(deliveries: readonly Delivery[]) {
    this.deliveries = deliveries;
    let newest = 0;
    for (const { message } of deliveries)
      if ('sendTime' in message && message.sendTime > newest) newest = message.sendTime;
    this.sendTime = newest;
  }

  /** All of it as one frame, for connections that get nothing else now. */
  frame(form: WireForm): Frame {
    const known = this.#joined.get(form);
    if (known !== undefined) return known;
    const made = frameOf(
      form,
      this.deliveries.map((delivery) => delivery.encoded(form)),
    );
    this.#joined.set(form, made);
    return made;
  }
}

/** One turn for all connections that follow the same channels: one finished frame, or its messages one by one. */
export class Parcel {
  readonly batches: readonly Batch[];
  readonly messages: number;
  /** Newest `sendTime` of its messages; 0 if none has one. */
  readonly sendTime: EpochMs;
  readonly #form: WireForm;
  #frame: Frame | undefined;

  constructor(form: WireForm, batches: readonly Batch[]) {
    this.batches = batches;
    this.#form = form;
    let messages = 0;
    let sendTime = 0;
    for (const batch of batches) {
      messages += batch.deliveries.length;
      if (batch.sendTime > sendTime) sendTime = batch.sendTime;
    }
    this.messages = messages;
    this.sendTime = sendTime;
  }

  get frame(): Frame {
    this.#frame ??= this.#join();
    return this.#frame;
  }

  #join(): Frame {
    const [only] = this.batches;
    if (only !== undefined && this.batches.length === 1) return only.frame(this.#form);
    const parts = this.batches.map((batch) => batch.frame(this.#form).payload);
    return frameOf(this.#form, parts);
  }
}
