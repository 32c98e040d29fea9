/*
 * What a link asks for and leaves: gathered for a moment, sent as one message, asked for again when no answer comes.
 */
import type { Clock } from '../time/clock.ts';
import type { ErrorMessage } from '../wire/down.ts';
import type { UpInput } from '../wire/up.ts';
import type { LinkChannel } from './link-channel.ts';

/** Watch and unwatch come in storms when a page changes: they are sent as one message. */
const GATHER_MS = 15;
/** P23: a frame has at most 16 KiB; 100 names of 96 characters stay below it. */
const MAX_NAMES = 100;
const ERROR_NOT_READY = 120;
const ERROR_ALREADY_SUBSCRIBED = 105;

export type LinkSubscriptionsOptions = {
  readonly clock: Clock;
  /** Sends a message if the link is open; false if it is not. */
  readonly send: (message: UpInput) => boolean;
  readonly nextId: () => number;
  /** What both sides believe of this connection cannot be brought together: a new one is needed. */
  readonly giveUp: (reason: string) => void;
  /** All that are followed. */
  readonly channels: () => Iterable<LinkChannel>;
  /** A `subscribe` with the channel's name is about to be sent. */
  readonly onAsked: (channel: LinkChannel) => void;
};

export class LinkSubscriptions {
  readonly #options: LinkSubscriptionsOptions;
  /** Channels of each `subscribe` that is not answered yet. */
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

  /** What was said on a connection, which the next one knows nothing of. */
  forget(): void {
    this.#asked.clear();
    this.#leaving = [];
  }

  /** The feed's number of a channel that nobody follows any more. */
  leave(id: number): void {
    this.#leaving.push(id);
    this.gather();
  }

  /** Sends what is to be asked for, a moment from now and all at once. */
  gather(): void {
    if (this.#isGathering || !this.#isOpen) return;
    this.#isGathering = true;
    this.#options.clock.after(GATHER_MS, () => {
      this.#isGathering = false;
      if (this.#isOpen) this.#send();
    });
  }

  /** The feed follows the channel, as `id` asked for. */
  answered(id: number | undefined, channel: LinkChannel): void {
    const asked = id === undefined ? undefined : this.#asked.get(id);
    asked?.delete(channel);
    if (id !== undefined && asked?.size === 0) this.#asked.delete(id);
  }

  /** The channel that an error refuses; undefined where it is none, or only has not been answered yet. */
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
      // The answer with the channel's number was lost, and the feed does not say it twice.
      this.#options.giveUp(`the answer for ${channel.name} was lost`);
      return undefined;
    }
    // A temporary refusal is asked again when the answer is overdue.
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
