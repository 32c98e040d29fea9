/*
 * Subscribes and unsubscribes of a link: collected briefly, sent as one message, and repeated if unanswered.
 */
import type { Clock } from '../time/clock.ts';
import type { ErrorMessage } from '../wire/down.ts';
import type { UpInput } from '../wire/up.ts';
import type { LinkChannel } from './link-channel.ts';

/** A page change causes bursts of subscribes and unsubscribes; this delay batches them. */
const GATHER_MS = 15;
/** A frame has at most 16 KiB (P23); 100 names of 96 characters fit. */
const MAX_NAMES = 100;
const ERROR_NOT_READY = 120;
const ERROR_ALREADY_SUBSCRIBED = 105;

export type LinkSubscriptionsOptions = {
  readonly clock: Clock;
  /** Sends a message if the link is open; false if it is not. */
  readonly send: (message: UpInput) => boolean;
  readonly nextId: () => number;
  /** Client and feed disagree on the state of this connection, and only a new connection can fix it. */
  readonly giveUp: (reason: string) => void;
  /** All channels of the link. */
  readonly channels: () => Iterable<LinkChannel>;
  /** Called just before a `subscribe` for the channel is sent. */
  readonly onAsked: (channel: LinkChannel) => void;
};

export class LinkSubscriptions {
  readonly #options: LinkSubscriptionsOptions;
  /** Channels of each pending `subscribe`, by its id. */
  readonly #asked = new Map<number, Set<LinkChannel>>();
  #leaving: number[] = [];
  #isOpen = false;
  #isGathering = false;

  constructor(options: LinkSubscriptionsOptions) {
    this.#options = options;
  }

  open(): void {
    this.#isOpen = true;
    this.gather();
  }

  close(): void {
    this.#isOpen = false;
  }

  /** Discards the state of a connection. */
  forget(): void {
    this.#asked.clear();
    this.#leaving = [];
  }

  /** Unsubscribes from a channel by its feed id. */
  leave(id: number): void {
    this.#leaving.push(id);
    this.gather();
  }

  /** Schedules one message with all pending subscribes. */
  gather(): void {
    if (this.#isGathering || !this.#isOpen) return;
    this.#isGathering = true;
    this.#options.clock.after(GATHER_MS, () => {
      this.#isGathering = false;
      if (this.#isOpen) this.#send();
    });
  }

  /** The feed confirmed the channel for the `subscribe` with this id. */
  answered(id: number | undefined, channel: LinkChannel): void {
    const asked = id === undefined ? undefined : this.#asked.get(id);
    asked?.delete(channel);
    if (id !== undefined && asked?.size === 0) this.#asked.delete(id);
  }

  /** The channel that an error refuses; undefined if it refuses none, or if the channel's answer is still pending. */
  refused(message: ErrorMessage): LinkChannel | undefined {
    const { id } = message;
    const asked = id === undefined ? undefined : this.#asked.get(id);
    if (asked === undefined || message.code === ERROR_NOT_READY) return undefined;
    const candidates = [...asked].filter(({ subscription }) => subscription === 'asked');
    const channel =
      candidates.find(({ name }) => message.message.includes(name)) ??
      candidates.find(({ parsed }) => message.message.includes(parsed.symbol)) ??
      (candidates.length === 1 ? candidates[0] : undefined);
    if (channel === undefined) return undefined;
    asked.delete(channel);
    if (message.code === ERROR_ALREADY_SUBSCRIBED) {
      // The answer with the channel id was lost, and the feed does not repeat it.
      this.#options.giveUp(`the answer for ${channel.name} was lost`);
      return undefined;
    }
    // After a temporary refusal, the subscribe is repeated when its answer times out.
    if (message.temporary) return undefined;
    return channel;
  }

  #send(): void {
    const { send, nextId, channels } = this.#options;
    if (this.#leaving.length > 0) {
      send({ type: 'unsubscribe', id: nextId(), channels: this.#leaving });
      this.#leaving = [];
    }
    const unsent = [...channels()].filter(({ subscription }) => subscription === 'unsent');
    for (let from = 0; from < unsent.length; from += MAX_NAMES)
      this.#ask(unsent.slice(from, from + MAX_NAMES));
  }

  #ask(channels: readonly LinkChannel[]): void {
    const id = this.#options.nextId();
    const since: Record<string, { epoch: string; sequence: number }> = {};
    for (const channel of channels) {
      this.#options.onAsked(channel);
      if (channel.parsed.kind === 'trades' && channel.epoch !== undefined)
        since[channel.name] = { epoch: channel.epoch, sequence: channel.sequence };
    }
    this.#asked.set(id, new Set(channels));
    const names = channels.map(({ name }) => name);
    this.#options.send({
      type: 'subscribe',
      id,
      channels: names,
      ...(Object.keys(since).length === 0 ? {} : { since }),
    });
  }
}
