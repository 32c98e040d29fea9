import type { DownMessage } from '@tapedeck/market/wire/down';

import type { WireForm } from './wire-form.ts';

/** What flow control may do with a message: skip books and owe a snapshot, count trades, or nothing at all (P22). */
export type DeliveryKind = 'book' | 'snapshot' | 'trades' | 'latest' | 'control';

/** One message of a channel, the same object for all subscribers: encoded at most once per wire form. */
export class Delivery {
  readonly channel: number;
  readonly kind: DeliveryKind;
  readonly message: DownMessage;
  readonly #encoded = new Map<WireForm, Buffer>();

  constructor(channel: number, kind: DeliveryKind, message: DownMessage) {
    this.channel = channel;
    this.kind = kind;
    this.message = message;
  }

  /** The message in this form; the buffer is shared and must not be changed. */
  encoded(form: WireForm): Buffer {
    const known = this.#encoded.get(form);
    if (known !== undefined) return known;
    const made = form.encode(this.message);
    this.#encoded.set(form, made);
    return made;
  }
}
